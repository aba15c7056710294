/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page's certificate. What is in the two files is for openssl to say, in a process that is the
 * page's user: what it may not read, the page may not read either.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "build.h"
#include "core/base/cleanup.h"
#include "core/base/fd.h"
#include "core/base/text.h"
#include "core/cli/doctor.h"
#include "core/config/section.h"

#define PAGE_USER "imgtank-ui"
#define PAGE_GROUP_MORE "imgtank" /* SupplementaryGroups= of its unit */
#define MADE_BY_SETUP IMGTANK_SYSCONF_DIR "/web-certificate.pem"
#define SOON_S (INT64_C(30) * 86400) /* access/web makes one anew from then on */
#define PATIENCE_S 5
#define GROUPS_MAX 32
#define OUTPUT_BYTES 16384
#define REMEDY_BYTES 256
#define PUBLIC_KEY "-----BEGIN PUBLIC KEY-----"
#define IN_THEIR_PLACE                                                                             \
	"Put another one and its key in their place (PEM, the key without a password); then: "     \
	"systemctl restart imgtank-ui@web"

/* --- judging --- */

static void find_unreadable(
	const char *path, int error, const char *remedy, struct doctor_report *report)
{
	char shown[512];

	(void)text_escape(path, shown, sizeof(shown));
	if (error == -EACCES)
		doctor_find(report, DOCTOR_ERROR, "web-certificate-unreadable", path,
			"The page may not read its certificate or key, and does not start.",
			"imgtankd copies and verifies cards without it.",
			"Run: chgrp " PAGE_USER " %.150s; chmod 0640 %.150s. That group must also "
			"be let into its folder. Then: systemctl restart imgtank-ui@web",
			shown, shown);
	else
		doctor_find(report, DOCTOR_ERROR, "web-certificate-unreadable", path,
			"The page's certificate or key is not there, or cannot be read.",
			"imgtankd copies and verifies cards without it.", "%s", remedy);
}

static void find_not_checked(const char *path, const char *remedy, struct doctor_report *report)
{
	doctor_find(report, DOCTOR_NOTE, "web-certificate-not-checked", path,
		"The page's certificate could not be looked at.", "Nothing was changed.", "%s",
		remedy);
}

static void judge_time(const struct doctor_certificate *facts, int64_t now_s, const char *remedy,
	struct doctor_report *report)
{
	int64_t left_s = facts->end_s - now_s;

	if (now_s < facts->begin_s)
		doctor_find(report, DOCTOR_ERROR, "web-certificate-early", facts->certificate,
			"The page's certificate is not valid yet: browsers refuse it.",
			"imgtankd copies and verifies cards without it.",
			"Is the clock right ('date')? Then: %s", remedy);
	else if (left_s <= 0)
		doctor_find(report, DOCTOR_ERROR, "web-certificate-expired", facts->certificate,
			"The page's certificate has expired: browsers refuse it.",
			"imgtankd copies and verifies cards without it.", "%s", remedy);
	else if (left_s < SOON_S)
		doctor_find(report, DOCTOR_WARNING, "web-certificate-expires", facts->certificate,
			"The page's certificate expires within 30 days: browsers will refuse it.",
			"Until then the page is as it was.", "%s", remedy);
}

void doctor_judge_certificate(
	const struct doctor_certificate *facts, int64_t now_s, struct doctor_report *report)
{
	int error = facts->certificate_error, key_error = facts->key_error;
	char remedy[REMEDY_BYTES];

	(void)text_format(remedy, sizeof(remedy), "%s%s", facts->command ? "Run: " : "",
		facts->command ?: IN_THEIR_PLACE);
	if (error == -ENOEXEC || key_error == -ENOEXEC) {
		find_not_checked(facts->certificate, "Run: apt-get install openssl", report);
		return;
	}
	if (error == -EACCES && !facts->is_as_page) {
		find_not_checked(facts->certificate, "Ask again as root.", report);
		return;
	}
	if (error < 0 && error != -EBADMSG)
		find_unreadable(facts->certificate, error, remedy, report);
	if (key_error < 0 && key_error != -EBADMSG && (key_error != -EACCES || facts->is_as_page))
		find_unreadable(facts->key, key_error, remedy, report);
	if (error == -EBADMSG || key_error == -EBADMSG)
		doctor_find(report, DOCTOR_ERROR, "web-certificate-damaged",
			error == -EBADMSG ? facts->certificate : facts->key,
			"There is no certificate, or no key, in the file that the page has for it.",
			"imgtankd copies and verifies cards without it.", "%s", remedy);
	if (error == 0 && key_error == 0 && !facts->is_pair)
		doctor_find(report, DOCTOR_ERROR, "web-certificate-no-pair", facts->key,
			"This is not the key of the page's certificate: the page does not start.",
			"imgtankd copies and verifies cards without it.", "%s", remedy);
	if (error == 0)
		judge_time(facts, now_s, remedy, report);
}

/* --- looking --- */

struct page_user {
	bool is_known; /* and may be taken on */
	uid_t user;
	gid_t group, groups[GROUPS_MAX];
	int groups_count;
};

static void find_page_user(struct page_user *page)
{
	const struct passwd *user = geteuid() == 0 ? getpwnam(PAGE_USER) : NULL;
	const struct group *more;

	*page = (struct page_user){.is_known = user != NULL, .groups_count = GROUPS_MAX - 1};
	if (!user)
		return;
	page->user = user->pw_uid;
	page->group = user->pw_gid;
	if (getgrouplist(PAGE_USER, page->group, page->groups, &page->groups_count) < 0)
		page->groups_count = GROUPS_MAX - 1;
	more = getgrnam(PAGE_GROUP_MORE);
	if (more)
		page->groups[page->groups_count++] = more->gr_gid;
}

/* In the child. Exit status: what openssl says; 100: there is none; above: 100 and an errno. */
static void become_openssl(const struct page_user *page, const char *path, const char *const argv[],
	int output_fd) __attribute__((noreturn));

static void become_openssl(
	const struct page_user *page, const char *path, const char *const argv[], int output_fd)
{
	sigset_t none;
	int fd;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(PATIENCE_S);
	if (page->is_known &&
		(setgroups((size_t)page->groups_count, page->groups) < 0 ||
			setresgid(page->group, page->group, page->group) < 0 ||
			setresuid(page->user, page->user, page->user) < 0))
		_exit(100);
	fd = open(path,
		O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a pipe must not hold it up */
	if (fd < 0)
		_exit(100 + errno);
	(void)dup2(fd, STDIN_FILENO);
	(void)dup2(output_fd, STDOUT_FILENO);
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)dup2(fd, STDERR_FILENO);
	(void)execvp("openssl", (char *const *)(uintptr_t)argv);
	_exit(100);
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 100)
		return -ENOEXEC;
	if (WEXITSTATUS(status) > 100)
		return -(WEXITSTATUS(status) - 100);
	return WEXITSTATUS(status) ? -EBADMSG : 0;
}

/*
 * What openssl says of the file, which it gets as its input. -EBADMSG: it cannot make anything of
 * it; -ENOEXEC: it could not be asked; else the errno of opening the file.
 */
static int ask_openssl(const struct page_user *page, const char *path, const char *const argv[],
	char output[OUTPUT_BYTES])
{
	int fds[2];
	ssize_t length;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		become_openssl(page, path, argv, fds[1]);
	fd_close(fds[1]);
	length = pid < 0 ? -1 : fd_read_full(fds[0], output, OUTPUT_BYTES - 1);
	fd_close(fds[0]);
	output[length > 0 ? length : 0] = '\0';
	return pid < 0 ? -ENOEXEC : wait_for(pid);
}

/* "notAfter=2028-02-25 01:48:12Z" */
static bool find_time(const char *text, const char *name, int64_t *ret)
{
	struct tm tm = {0};
	const char *found = strstr(text, name);

	if (!found ||
		sscanf(found + strlen(name), "=%d-%d-%d %d:%d:%dZ", &tm.tm_year, &tm.tm_mon,
			&tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*ret = timegm(&tm);
	return true;
}

static void look(struct doctor_certificate *facts)
{
	static const char *const of_certificate[] = {"openssl", "x509", "-noout", "-pubkey",
		"-startdate", "-enddate", "-dateopt", "iso_8601", NULL};
	static const char *const of_key[] = {
		"openssl", "pkey", "-pubout", "-passin", "pass:", NULL};
	CLEANUP(freep) char *output = calloc(2, OUTPUT_BYTES);
	struct page_user page;
	const char *one, *other;

	facts->certificate_error = facts->key_error = -ENOEXEC;
	if (!output)
		return;
	find_page_user(&page);
	facts->is_as_page = page.is_known;
	facts->certificate_error = ask_openssl(&page, facts->certificate, of_certificate, output);
	facts->key_error = ask_openssl(&page, facts->key, of_key, output + OUTPUT_BYTES);
	if (facts->certificate_error == 0 &&
		(!find_time(output, "notBefore", &facts->begin_s) ||
			!find_time(output, "notAfter", &facts->end_s)))
		facts->certificate_error = -ENOEXEC;
	one = strstr(output, PUBLIC_KEY);
	other = strstr(output + OUTPUT_BYTES, PUBLIC_KEY);
	facts->is_pair = one && other && !strncmp(one, other, strlen(other));
}

struct settings {
	char certificate[PATH_MAX], key[PATH_MAX];
	bool has_password;
};

static void take_setting(
	const char *file, unsigned int line, const char *key, const char *value, void *userdata)
{
	struct settings *settings = userdata;

	(void)file;
	(void)line;
	if (!strcmp(key, "tls-certificate"))
		(void)text_format(settings->certificate, PATH_MAX, "%s", value);
	else if (!strcmp(key, "tls-key"))
		(void)text_format(settings->key, PATH_MAX, "%s", value);
	else if (!strcmp(key, "password-file"))
		settings->has_password = *value != '\0';
}

void doctor_check_certificate(const struct doctor_scope *scope, struct doctor_report *report)
{
	CLEANUP(freep) struct settings *settings = calloc(1, sizeof(*settings));
	struct doctor_certificate facts = {0};

	if (!settings)
		return;
	(void)config_read_section(scope->place.config_path, "ui-web", take_setting, settings);
	if (!*settings->certificate || !*settings->key)
		return;
	facts.certificate = settings->certificate;
	facts.key = settings->key;
	if (!strcmp(facts.certificate, MADE_BY_SETUP))
		facts.command = settings->has_password ? "sudo imgtank setup web"
						       : "sudo imgtank setup web --code";
	doctor_looked(report, "the page's certificate %s", facts.certificate);
	look(&facts);
	doctor_judge_certificate(&facts, time(NULL), report);
}
