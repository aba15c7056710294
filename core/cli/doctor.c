/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cli/doctor.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/base/text.h"
#include "core/cli/cli.h"

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

	doctor_find(report, severity, text->word, about, text->what, text->safe, "%s%s",
		text->remedy, cli_fault_hint(fault));
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

void doctor_append(struct doctor_report *report, const struct doctor_report *more)
{
	for (uint32_t i = 0; i < more->count && report->count < DOCTOR_FINDINGS_MAX; i++)
		report->findings[report->count++] = more->findings[i];
	for (uint32_t i = 0; i < more->looked_count; i++)
		if (report->looked_count < DOCTOR_FINDINGS_MAX)
			memcpy(report->looked[report->looked_count++], more->looked[i],
				sizeof(more->looked[i]));
}

struct job {
	void (*run)(void *userdata);
	void *userdata;
};

static void *run_job(void *argument)
{
	struct job job = *(struct job *)argument;

	free(argument);
	job.run(job.userdata);
	return NULL;
}

bool doctor_run_within(uint32_t milliseconds, void (*run)(void *userdata), void *userdata)
{
	struct job *job = malloc(sizeof(*job));
	struct timespec until;
	pthread_t thread;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	if (job)
		*job = (struct job){run, userdata};
	if (!job || pthread_create(&thread, NULL, run_job, job) != 0) {
		free(job);
		run(userdata); /* without a thread there is nobody to wait for it */
		return true;
	}
	if (pthread_timedjoin_np(thread, NULL, &until) == 0)
		return true;
	(void)pthread_detach(thread);
	return false;
}
