/* SPDX-License-Identifier: GPL-3.0-or-later */
/* why.c - pure: what may be taken, by name, kind and age. */
#include <string.h>
#include <sys/stat.h>

#include "core/base/text.h"
#include "core/drop/look.h"

const char *drop_why_text(enum drop_why why)
{
#define TEXT_OF(symbol, sentence) [symbol] = (sentence),
	static const char *const texts[] = {DROP_REASONS(TEXT_OF)};
#undef TEXT_OF

	return texts[why];
}

bool drop_why_is_lasting(enum drop_why why)
{
	return why > DROP_SYSTEM;
}

/* As programs call what they have not sent completely yet: browsers, rsync, WinSCP, lftp, editors.
 */
static bool is_unfinished_name(const char *name)
{
	static const char *const ends[] = {".part", ".partial", ".filepart", ".crdownload",
		".download", ".tmp", ".temp", ".upload", ".uploading", ".inprogress", ".in.", "~"};

	if (name[0] == '.' || !strncmp(name, "~$", 2))
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (text_ends_with_nocase(name, ends[i]))
			return true;
	return false;
}

enum drop_why drop_judge(const struct drop_facts *facts, enum select_mode select, bool *must_sniff)
{
	const char *slash = strrchr(facts->path, '/');
	enum select_answer answer = select_by_path(select, facts->path);

	*must_sniff = false;
	if (S_ISDIR(facts->mode))
		return DROP_FOLDER;
	if (!S_ISREG(facts->mode))
		return DROP_SPECIAL;
	if (answer == SELECT_DROPPING)
		return DROP_SYSTEM;
	if (facts->same_usec < facts->settle_usec)
		return DROP_YOUNG;
	if (is_unfinished_name(slash ? slash + 1 : facts->path))
		return DROP_UNFINISHED;
	if (facts->links_count != 1)
		return DROP_LINKED;
	if (facts->size_bytes == 0)
		return DROP_EMPTY;
	*must_sniff = answer == SELECT_SNIFF;
	return DROP_RIPE;
}
