/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * grid.h - a screen of character cells in memory: views draw into it, and it
 * is then put on a terminal (screen.h), into a picture (svg.h), or printed.
 *
 * Whatever is put in comes out harmless: control characters and what is not valid text
 * become '?', so that a file's name can never steer a terminal. Positions and sizes are in
 * cells; what lies outside is cut. One thread.
 */
#ifndef IMGTANK_UI_TTY_GRID_H
#define IMGTANK_UI_TTY_GRID_H

#include <stdbool.h>
#include <stdio.h>

#include "ui-tty/theme.h"

#define GRID_CELL_BYTES 20 /* a character with its combining marks */
#define GRID_ROWS_MAX 512
#define GRID_COLUMNS_MAX 1024

struct grid_cell {
	char text[GRID_CELL_BYTES]; /* "" in the right half of a wide character */
	unsigned char width; /* 1 or 2; 0 in the right half */
	unsigned char role; /* enum theme_role */
};

struct grid {
	int rows, columns;
	bool is_ascii; /* the terminal shows nothing else */
	struct grid_cell *cells; /* owned */
};

/* Makes it this large (at least 1 x 1, at most the limits) and empty. -ENOMEM leaves it as it was.
 */
int grid_resize(struct grid *grid, int rows, int columns);
void grid_finish(struct grid *grid);

/* Borrowed; NULL outside. */
const struct grid_cell *grid_at(const struct grid *grid, int row, int column);

void grid_fill(struct grid *grid, int row, int column, int rows, int columns, enum theme_role role);

/*
 * Puts text into at most columns_max cells; what does not fit ends with an ellipsis. Returns the
 * cells used.
 */
int grid_put(struct grid *grid, int row, int column, int columns_max, enum theme_role role,
	const char *text);

/* The same, but what does not fit loses its beginning: for paths. */
int grid_put_end(struct grid *grid, int row, int column, int columns_max, enum theme_role role,
	const char *text);

/* Ends at the cell before column. Returns the cells used. */
int grid_put_right(struct grid *grid, int row, int column, int columns_max, enum theme_role role,
	const char *text);

/*
 * Puts text into lines of columns_max cells, broken at spaces, at most rows_max of them. Returns
 * the rows used.
 */
int grid_put_wrapped(struct grid *grid, int row, int column, int columns_max, int rows_max,
	enum theme_role role, const char *text);

/* Rows that grid_put_wrapped() would use, without a limit. */
int grid_wrapped_rows(const struct grid *grid, int columns_max, const char *text);

/* Cells that the text needs. */
int grid_text_columns(const struct grid *grid, const char *text);

/* A bar of so many thousandths. */
void grid_put_bar(struct grid *grid, int row, int column, int columns, unsigned int permille,
	enum theme_role full, enum theme_role empty);

/* A frame around a box, emptied with role. */
void grid_put_frame(
	struct grid *grid, int row, int column, int rows, int columns, enum theme_role role);

/* A line across. */
void grid_put_rule(struct grid *grid, int row, int column, int columns, enum theme_role role);

/* Prints all rows as text, without blanks at their ends. */
void grid_print(const struct grid *grid, FILE *out);

#endif
