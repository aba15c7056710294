/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/doctor.h"

#include <stdarg.h>
#include <string.h>

#include "core/base/text.h"

static struct doctor_finding *add(struct doctor_report *report, enum doctor_severity severity,
	const char *word, const char *about)
{
	struct doctor_finding *finding;

	if (report->count == DOCTOR_FINDINGS_MAX)
		return NULL;
	finding = &report->findings[report->count++];
	*finding = (struct doctor_finding){.severity = severity, .word = word};
	(void)text_escape(about, finding->about, sizeof(finding->about));
	return finding;
}

void doctor_find(struct doctor_report *report, enum doctor_severity severity, const char *word,
	const char *about, const char *what, const char *safe, const char *remedy, ...)
{
	struct doctor_finding *finding = add(report, severity, word, about);
	va_list args;

	if (!finding)
		return;
	(void)text_format(finding->what, sizeof(finding->what), "%s", what);
	(void)text_format(finding->safe, sizeof(finding->safe), "%s", safe);
	va_start(args, remedy);
	(void)vsnprintf(finding->remedy, sizeof(finding->remedy), remedy, args);
	va_end(args);
}

void doctor_find_fault(struct doctor_report *report, enum doctor_severity severity,
	enum fault fault, const char *about)
{
	const struct fault_text *text = fault_text(fault);

	doctor_find(
		report, severity, text->word, about, text->what, text->safe, "%s", text->remedy);
}

bool doctor_has(const struct doctor_report *report, const char *word)
{
	for (uint32_t i = 0; i < report->count; i++)
		if (!strcmp(report->findings[i].word, word))
			return true;
	return false;
}

void doctor_looked(struct doctor_report *report, const char *format, ...)
{
	char raw[256];
	va_list args;

	if (report->looked_count == DOCTOR_FINDINGS_MAX)
		return;
	va_start(args, format);
	(void)vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	(void)text_escape(raw, report->looked[report->looked_count],
		sizeof(report->looked[report->looked_count]));
	report->looked_count++;
}
