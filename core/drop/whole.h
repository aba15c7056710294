/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * whole.h - does a picture or film end before its end? A transfer that broke off leaves the
 * beginning of a file, and nothing but the file itself can tell.
 *
 * Only what is certain counts as cut: an ending that the format demands and that is not there
 * (JPEG: ITU-T T.81 B.1; PNG: W3C 5.6), or a length in the file that goes beyond its end (ISO
 * 14496-12 4.2; TIFF 6.0 2; RIFF; RFC 8794 6.2; RAF as ExifTool's FujiFilm.pm reads it). Of all
 * other formats nothing is said. Nothing is allocated, and the number of reads is bounded by the
 * size of the file.
 */
#ifndef IMGTANK_CORE_DROP_WHOLE_H
#define IMGTANK_CORE_DROP_WHOLE_H

#include <stdbool.h>
#include <stdint.h>

/* fd: a regular file, read by position. True: it certainly is not all of it. */
bool whole_is_cut(int fd, uint64_t size_bytes);

#endif
