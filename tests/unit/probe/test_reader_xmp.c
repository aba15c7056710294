/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <string.h>

#include "tests/support/media_build.h"

#define RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

static struct build b;
static struct media_facts facts;

static void read_text(const char *text)
{
	build_reset(&b, true);
	put_text(&b, text);
	assert_int_equal(read_build(&b, &facts), 0);
}

static void test_xmp_reads_attributes_and_elements(void **state)
{
	(void)state;
	read_text("<x:xmpmeta><rdf:RDF><rdf:Description rdf:about=''"
		  " exif:DateTimeOriginal='2008-05-04T16:47:24+09:00'/></rdf:RDF></x:xmpmeta>");
	assert_string_equal(facts.type, "XMP");
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");
	assert_string_equal(facts.utc_offset, "+09:00");
	assert_int_equal(facts.date_source, MEDIA_DATE_XMP);

	read_text("<?xpacket?><rdf:RDF><rdf:Description>\n<xmp:CreateDate>\n2008-05-04T16:47\n"
		  "</xmp:CreateDate><tiff:Model>Box &amp; "
		  "Co</tiff:Model></rdf:Description></rdf:RDF>");
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:00");
	assert_string_equal(facts.model, "Box & Co");
}

static void test_xmp_resolves_namespaces(void **state)
{
	(void)state;
	read_text("<r:RDF xmlns:r='" RDF "'><r:Description a:CreateDate='2008-05-04T16:47:24'"
		  " xmlns:a='http://ns.adobe.com/xap/1.0/'/></r:RDF>");
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");

	read_text("<rdf:RDF xmlns:rdf='http://example.org/'><rdf:Description"
		  " xmp:CreateDate='2008-05-04T16:47:24'/></rdf:RDF>");
	assert_string_equal(facts.capture_time, "");
}

static void test_xmp_reads_the_picture_not_its_ingredients(void **state)
{
	(void)state;
	read_text("<rdf:RDF><rdf:Description><xmpMM:Pantry><rdf:Bag><rdf:li>"
		  "<rdf:Description exif:DateTimeOriginal='1999-01-01T00:00:00'>"
		  "<xmp:CreateDate>1998-01-01T00:00:00</xmp:CreateDate></rdf:Description>"
		  "</rdf:li></rdf:Bag></xmpMM:Pantry>"
		  "<xmp:CreateDate>2008-05-04T16:47:24</xmp:CreateDate>"
		  "</rdf:Description></rdf:RDF>");
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");
}

static void test_xmp_original_goes_before_created(void **state)
{
	(void)state;
	read_text("<rdf:RDF><rdf:Description xmp:CreateDate='2009-01-01T00:00:00'/>"
		  "<rdf:Description exif:DateTimeOriginal='2008-05-04T16:47:24'/></rdf:RDF>");
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");
}

static void test_xmp_takes_other_dates_last(void **state)
{
	(void)state;
	read_text("<rdf:RDF><rdf:Description photoshop:DateCreated='2009-01-01'/></rdf:RDF>");
	assert_string_equal(facts.capture_time, "2009-01-01T00:00:00");
	read_text("<rdf:RDF><rdf:Description photoshop:DateCreated='2009-01-01'"
		  " xmp:CreateDate='2008-05-04T16:47:24'/></rdf:RDF>");
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");
}

static void test_xmp_reads_wide_characters(void **state)
{
	static const char text[] = "<rdf:RDF><rdf:Description"
				   " exif:DateTimeOriginal='2008-05-04T16:47:24'/></rdf:RDF>";

	(void)state;
	build_reset(&b, false);
	put(&b, "\xff\xfe", 2);
	for (size_t i = 0; i < strlen(text); i++)
		put_u16(&b, (unsigned char)text[i]);
	assert_int_equal(read_build(&b, &facts), 0);
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");
}

static void test_xmp_survives_damage(void **state)
{
	static const char *const texts[] = {
		"<",
		"<rdf:RDF",
		"<rdf:RDF><!-- never ends",
		"<rdf:RDF><rdf:Description exif:DateTimeOriginal=",
		"<rdf:RDF><rdf:Description exif:DateTimeOriginal='2008",
		"</a></b></c>",
		"<a:b xmlns:='x' xmlns:a=''/>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		read_text(texts[i]);
		assert_string_equal(facts.capture_time, "");
	}
	read_text("<rdf:RDF><rdf:Description rdf:about=''* = 'x' exif:DateTimeOriginal="
		  "'2008-05-04T16:47:24'></rdf:Descr><rdf:Description/>");
	assert_string_equal(facts.capture_time, "2008-05-04T16:47:24");
}

static void test_xmp_survives_endless_depth(void **state)
{
	(void)state;
	build_reset(&b, true);
	put_text(&b, "<rdf:RDF>");
	for (int i = 0; i < 20000; i++)
		put_text(&b, "<rdf:Description>");
	assert_int_equal(read_build(&b, &facts), 0);
}

static void test_xmp_names_lists_of_edits(void **state)
{
	(void)state;
	read_text("<?xml "
		  "version='1.0'?><plist><dict><key>adjustmentBaseVersion</key></dict></plist>");
	assert_string_equal(facts.type, "AAE");
	read_text("<html></html>");
	assert_string_equal(facts.type, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xmp_reads_attributes_and_elements),
		cmocka_unit_test(test_xmp_resolves_namespaces),
		cmocka_unit_test(test_xmp_reads_the_picture_not_its_ingredients),
		cmocka_unit_test(test_xmp_original_goes_before_created),
		cmocka_unit_test(test_xmp_takes_other_dates_last),
		cmocka_unit_test(test_xmp_reads_wide_characters),
		cmocka_unit_test(test_xmp_survives_damage),
		cmocka_unit_test(test_xmp_survives_endless_depth),
		cmocka_unit_test(test_xmp_names_lists_of_edits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
