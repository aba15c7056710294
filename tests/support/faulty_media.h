/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faulty_media.h - what a file tells imgtank-probe-faulty to do: one of these words
 * at its start, some with a space and another word behind it.
 */
#ifndef IMGTANK_TESTS_SUPPORT_FAULTY_MEDIA_H
#define IMGTANK_TESTS_SUPPORT_FAULTY_MEDIA_H

#define FAULTY_FINE "FINE!!" /* proper facts; model = its process id */
#define FAULTY_CRASH "CRASH!" /* a write to nowhere */
#define FAULTY_ABORT "ABORT!"
#define FAULTY_DEEP "DEEP!!" /* recursion without end */
#define FAULTY_EXIT "EXIT!!" /* leaves as if all were well */
#define FAULTY_HANG "HANG!!" /* computes for ever */
#define FAULTY_SLEEP "SLEEP!" /* waits for ever, without computing */
#define FAULTY_NAP "NAP!!!" /* waits for 600 ms, without computing */
#define FAULTY_BOMB "BOMB!!" /* takes all the memory it can get, and says so */
#define FAULTY_RECKLESS "RECKLE" /* the same, but does not look at what malloc() gives */
#define FAULTY_CLOSE "CLOSE!" /* closes the socket and goes on computing */
#define FAULTY_NOISE "NOISE!" /* sends something else first */
#define FAULTY_ENV "ENV!!!" /* model = its variable of that name, or "-" */
#define FAULTY_LIE "LIE!!!" /* facts that cannot be: which, follows */
#define FAULTY_ESCAPE "ESCAPE" /* tries what follows; model = "denied" or "escaped" */

#define FAULTY_WORD_BYTES 6

#endif
