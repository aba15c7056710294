/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader_xmp.c - dates and camera from an XMP packet (ISO 16684-1).
 *
 * A tokenizer in one pass, without a tree. It knows how deep it is, since only
 * a property of the top description speaks of the picture itself: the same
 * names stand in histories, ingredients and face regions too. Names count by
 * their namespace, whatever prefix a writer chose.
 */
#include "core/probe/readers.h"

#define XMP_BYTES_MAX (8u << 20)
#define PREFIXES_MAX 64
#define DEPTH_MAX 64
#define VALUE_BYTES 160

enum space {
	SPACE_OTHER,
	SPACE_RDF,
	SPACE_EXIF,
	SPACE_TIFF,
	SPACE_XMP,
	SPACE_PHOTOSHOP,
	SPACE_DUMP_EXIF, /* ExifTool's own RDF/XML: one namespace for each group */
	SPACE_DUMP_XMP,
	SPACE_DUMP_OTHER
};

struct span {
	const char *at;
	size_t size_bytes;
};

struct prefix {
	struct span name;
	enum space space;
};

struct xmp {
	struct reader *reader;
	bool has_description;
	const char *at, *end;
	struct prefix prefixes[PREFIXES_MAX];
	size_t prefix_count;
	struct span open[DEPTH_MAX]; /* names of the elements that are open */
	unsigned depth; /* how many */
	unsigned top_depth; /* of the outermost rdf:Description; 0: not in one */
	unsigned property_depth; /* of the property that waits for its text; 0: none */
	enum space property_space;
	struct span property_name;
};

static bool span_is(struct span span, const char *text)
{
	return span.size_bytes == strlen(text) && memcmp(span.at, text, span.size_bytes) == 0;
}

static bool span_equals(struct span a, struct span b)
{
	return a.size_bytes == b.size_bytes && memcmp(a.at, b.at, a.size_bytes) == 0;
}

static bool span_starts(struct span span, const char *text)
{
	size_t n = strlen(text);

	return span.size_bytes >= n && memcmp(span.at, text, n) == 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_name_end(char c)
{
	return is_space(c) || c == '=' || c == '/' || c == '>' || c == '<' || c == '"' || c == '\'';
}

static enum space space_of_uri(struct span uri)
{
	static const struct {
		const char *uri;
		enum space space;
	} known[] = {
		{"http://www.w3.org/1999/02/22-rdf-syntax-ns#", SPACE_RDF},
		{"http://ns.adobe.com/exif/1.0/", SPACE_EXIF},
		{"http://ns.adobe.com/tiff/1.0/", SPACE_TIFF},
		{"http://ns.adobe.com/xap/1.0/", SPACE_XMP},
		{"http://ns.adobe.com/photoshop/1.0/", SPACE_PHOTOSHOP},
	};
	struct span group = {uri.at + 20, 0};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_is(uri, known[i].uri))
			return known[i].space;
	if (!span_starts(uri, "http://ns.exiftool."))
		return SPACE_OTHER;
	group.at = memchr(uri.at + 7, '/', uri.size_bytes - 7);
	if (!group.at)
		return SPACE_OTHER;
	group.size_bytes = uri.size_bytes - (size_t)(group.at - uri.at);
	if (span_starts(group, "/EXIF/"))
		return SPACE_DUMP_EXIF;
	return span_starts(group, "/XMP/") ? SPACE_DUMP_XMP : SPACE_DUMP_OTHER;
}

/* Packets that were cut out of their document lack the declarations. */
static enum space space_of_usual_prefix(struct span prefix)
{
	if (span_is(prefix, "rdf"))
		return SPACE_RDF;
	if (span_is(prefix, "exif"))
		return SPACE_EXIF;
	if (span_is(prefix, "tiff"))
		return SPACE_TIFF;
	if (span_is(prefix, "xmp") || span_is(prefix, "xap"))
		return SPACE_XMP;
	return span_is(prefix, "photoshop") ? SPACE_PHOTOSHOP : SPACE_OTHER;
}

/* "exif:DateTimeOriginal" to its space; *name becomes the local part. */
static enum space resolve(const struct xmp *xmp, struct span *name)
{
	const char *colon = memchr(name->at, ':', name->size_bytes);
	struct span prefix = {name->at, 0};

	if (!colon)
		return SPACE_OTHER;
	prefix.size_bytes = (size_t)(colon - name->at);
	name->size_bytes -= prefix.size_bytes + 1;
	name->at = colon + 1;
	for (size_t i = xmp->prefix_count; i-- > 0;)
		if (span_equals(xmp->prefixes[i].name, prefix))
			return xmp->prefixes[i].space;
	return space_of_usual_prefix(prefix);
}

static void declare_prefix(struct xmp *xmp, struct span name, struct span uri)
{
	name.at += strlen("xmlns:");
	name.size_bytes -= strlen("xmlns:");
	if (xmp->prefix_count == PREFIXES_MAX) /* more than anybody uses: forget the older half */
		memmove(xmp->prefixes, xmp->prefixes + PREFIXES_MAX / 2, sizeof(xmp->prefixes) / 2);
	if (xmp->prefix_count == PREFIXES_MAX)
		xmp->prefix_count = PREFIXES_MAX / 2;
	xmp->prefixes[xmp->prefix_count++] = (struct prefix){name, space_of_uri(uri)};
}

static void offer_date(struct xmp *xmp, enum date_role role, enum space space, struct span value)
{
	enum media_date_source source = MEDIA_DATE_XMP;
	enum date_rank rank = DATE_RANK_XMP;
	struct stamp stamp;

	if (!stamp_parse(value.at, value.size_bytes, &stamp))
		return;
	if (space == SPACE_DUMP_EXIF) {
		rank = DATE_RANK_EXIF;
		source = role == DATE_ROLE_ORIGINAL ? MEDIA_DATE_EXIF_ORIGINAL
						    : MEDIA_DATE_EXIF_DIGITIZED;
	} else if (space == SPACE_DUMP_OTHER) {
		rank = DATE_RANK_CONTAINER;
		source = MEDIA_DATE_CONTAINER;
	}
	/* The first packet counts, where EXIF has the later one. */
	if (xmp->reader->dates.slots[role].rank < rank)
		dates_offer(&xmp->reader->dates, role, rank, source, &stamp);
}

static void read_camera(struct xmp *xmp, struct span name, struct span value)
{
	struct media_facts *facts = &xmp->reader->xmp_facts;

	if (span_is(name, "Make"))
		facts_set_make(facts, value.at, value.size_bytes);
	else if (span_is(name, "Model"))
		facts_set_model(facts, value.at, value.size_bytes);
	else if (span_is(name, "Orientation") && value.size_bytes == 1)
		facts_set_orientation(facts, (uint32_t)(unsigned char)*value.at - '0');
}

/* These two names count in any namespace: some writers have one of their own. */
static bool is_original(struct span name)
{
	return span_is(name, "DateTimeOriginal");
}

static bool is_created(struct span name)
{
	return span_is(name, "CreateDate");
}

static bool is_described(enum space space, struct span name)
{
	return (space == SPACE_EXIF && span_is(name, "DateTimeDigitized")) ||
		(space == SPACE_PHOTOSHOP && span_is(name, "DateCreated"));
}

/* The five characters that XML writes by name, in place. */
static size_t unescape(char *text, size_t size_bytes)
{
	static const struct {
		const char *name;
		char c;
	} names[] = {
		{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
	size_t n = 0;

	for (size_t at = 0; at < size_bytes; at++) {
		char c = text[at];

		for (size_t i = 0; c == '&' && i < sizeof(names) / sizeof(names[0]); i++) {
			size_t length = strlen(names[i].name);

			if (at + length > size_bytes ||
				memcmp(text + at, names[i].name, length) != 0)
				continue;
			text[at + length - 1] = names[i].c;
			at += length - 1;
			break;
		}
		text[n++] = text[at];
	}
	return n;
}

static void read_property(struct xmp *xmp, enum space space, struct span name, struct span value)
{
	char text[VALUE_BYTES];
	size_t n = value.size_bytes < sizeof(text) ? value.size_bytes : sizeof(text) - 1;

	memcpy(text, value.at, n);
	value = (struct span){text, unescape(text, n)};
	if (is_original(name))
		offer_date(xmp, DATE_ROLE_ORIGINAL, space, value);
	else if (is_created(name))
		offer_date(xmp, DATE_ROLE_DIGITIZED, space, value);
	else if (is_described(space, name))
		offer_date(xmp, DATE_ROLE_DESCRIBED, space, value);
	else if (space == SPACE_TIFF || space == SPACE_DUMP_EXIF)
		read_camera(xmp, name, value);
}

static const char *skip_spaces(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* The next name="value"; what is none is passed over. False at the end of the tag. */
static bool next_attribute(
	struct xmp *xmp, const char **at, const char *end, struct span *name, struct span *value)
{
	while (*at < end && reader_step(xmp->reader, 1)) {
		const char *p = skip_spaces(*at, end);
		const char *close;

		name->at = p;
		while (p < end && !is_name_end(*p))
			p++;
		name->size_bytes = (size_t)(p - name->at);
		*at = p == name->at ? p + 1 : p;
		p = skip_spaces(p, end);
		if (p >= end || *p != '=')
			continue;
		p = skip_spaces(p + 1, end);
		if (p >= end || (*p != '"' && *p != '\''))
			continue;
		close = memchr(p + 1, *p, (size_t)(end - p - 1));
		if (!close)
			return false;
		*value = (struct span){p + 1, (size_t)(close - p - 1)};
		*at = close + 1;
		return true;
	}
	return false;
}

static void read_declarations(struct xmp *xmp, struct span attributes)
{
	const char *at = attributes.at;
	struct span name, value;

	while (next_attribute(xmp, &at, attributes.at + attributes.size_bytes, &name, &value))
		if (span_starts(name, "xmlns:"))
			declare_prefix(xmp, name, value);
}

static void read_attributes(struct xmp *xmp, struct span attributes)
{
	const char *at = attributes.at;
	struct span name, value;

	while (next_attribute(xmp, &at, attributes.at + attributes.size_bytes, &name, &value)) {
		enum space space = resolve(xmp, &name);

		if (space != SPACE_RDF)
			read_property(xmp, space, name, value);
	}
}

/* The outermost rdf:Descriptions hold the properties, as attributes or as elements. */
static void open_element(struct xmp *xmp, struct span name, struct span attributes)
{
	enum space space;

	xmp->open[xmp->depth++] = name;
	read_declarations(xmp, attributes);
	space = resolve(xmp, &name);
	if (xmp->top_depth == 0 && space == SPACE_RDF && span_is(name, "Description")) {
		xmp->has_description = true;
		xmp->top_depth = xmp->depth;
		read_attributes(xmp, attributes);
	} else if (xmp->top_depth != 0 && xmp->depth == xmp->top_depth + 1) {
		xmp->property_depth = xmp->depth;
		xmp->property_space = space;
		xmp->property_name = name;
	}
}

/* Closes the innermost element of that name and what was left open in it; or nothing. */
static void close_element(struct xmp *xmp, struct span name)
{
	unsigned depth = xmp->depth;

	while (depth > 0 && !span_equals(xmp->open[depth - 1], name))
		depth--;
	if (depth == 0)
		return;
	xmp->depth = depth - 1;
	if (xmp->depth < xmp->property_depth)
		xmp->property_depth = 0;
	if (xmp->depth < xmp->top_depth)
		xmp->top_depth = 0;
}

/* Behind '<': comments and instructions go, elements are opened and closed. False at the end. */
static bool read_tag(struct xmp *xmp)
{
	struct span rest = {xmp->at, (size_t)(xmp->end - xmp->at)};
	bool is_comment = span_starts(rest, "!--");
	const char *close = is_comment ? memmem(rest.at, rest.size_bytes, "-->", 3)
				       : memchr(rest.at, '>', rest.size_bytes);
	bool is_end = rest.size_bytes > 0 && *rest.at == '/';
	struct span name = {rest.at + is_end, 0};
	struct span attributes;

	if (!close)
		return false;
	xmp->at = close + (is_comment ? 3 : 1);
	if (is_comment || *rest.at == '?' || *rest.at == '!')
		return true;
	while (name.at + name.size_bytes < close && !is_name_end(name.at[name.size_bytes]))
		name.size_bytes++;
	if (is_end) {
		close_element(xmp, name);
		return true;
	}
	attributes.at = name.at + name.size_bytes;
	attributes.size_bytes = (size_t)(close - attributes.at);
	open_element(xmp, name, attributes);
	if (close > rest.at && close[-1] == '/')
		close_element(xmp, name);
	return true;
}

/* The first words inside a property are its value, also inside a list. */
static void read_words(struct xmp *xmp, struct span words)
{
	while (words.size_bytes > 0 && is_space(*words.at)) {
		words.at++;
		words.size_bytes--;
	}
	if (words.size_bytes == 0 || xmp->property_depth == 0)
		return;
	read_property(xmp, xmp->property_space, xmp->property_name, words);
	xmp->property_depth = 0;
}

static void read_packet(struct xmp *xmp)
{
	while (xmp->at < xmp->end && xmp->depth < DEPTH_MAX) {
		const char *tag = memchr(xmp->at, '<', (size_t)(xmp->end - xmp->at));

		if (!tag || !reader_step(xmp->reader, 1))
			return;
		read_words(xmp, (struct span){xmp->at, (size_t)(tag - xmp->at)});
		xmp->at = tag + 1;
		if (xmp->at == xmp->end || !read_tag(xmp))
			return;
	}
}

/* UTF-16 and UTF-32 become readable without their zeros: all that is looked for is ASCII. */
static size_t squeeze(char *text, size_t size_bytes)
{
	size_t n = 0;

	for (size_t i = 0; i < size_bytes; i++)
		if (text[i] != '\0')
			text[n++] = text[i];
	return n;
}

bool xmp_read(const struct source *source)
{
	struct source packet = source_slice(source, 0, XMP_BYTES_MAX);
	struct xmp xmp = {.reader = source->reader};
	struct block block = {0};
	char *text;

	if (!reader_step(source->reader, (uint32_t)(packet.size_bytes / 256)))
		return false;
	if (!source_load(&packet, 0, &block))
		return false;
	text = (char *)block.bytes;
	xmp.at = text;
	xmp.end = text + squeeze(text, block.size_bytes);
	read_packet(&xmp);
	block_free(&block);
	return xmp.has_description;
}
