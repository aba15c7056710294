/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/itest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/naming/select.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_answers(
	enum select_mode mode, const char *const *paths, size_t count, enum select_answer answer)
{
	for (size_t i = 0; i < count; i++) {
		enum select_answer got = select_by_path(mode, paths[i]);

		if (got != answer)
			fail_msg("%s: %s instead of %s", paths[i], select_answer_name(got),
				select_answer_name(answer));
	}
}

static void test_select_knows_every_kind_by_its_extension(void **state)
{
	static const struct {
		enum file_kind kind;
		const char *words; /* all of them: a table out of order loses some */
	} cases[] = {
		{FILE_KIND_PICTURE,
			"apng avci avif avifs bmp dib dpx exr gif hdp hdr heic heics heif heifs "
			"hif insp j2k jfif jif jp2 jpc jpe jpeg jpf jpg jps jpx jxl jxr mpo pbm "
			"pgm png pnm pns ppm psb psd qoi tga tif tiff wdp webp"},
		{FILE_KIND_RAW,
			"3fr ari arq arw bay bmq cap cr2 cr3 crw cs1 dc2 dcr dcs dng drf dxo eip "
			"erf fff fit fits fts gpr ia iiq k25 kc2 kdc lfp lfr mdc mef mfw mos mrw "
			"nef nefx nrw orf ori ory pef ptx pxn qtk raf raw rdc rw1 rw2 rwl rwz sr2 "
			"srf srw sti x3f x3i xisf"},
		{FILE_KIND_FILM,
			"264 265 360 3g2 3gp 3gp2 3gpp amv arx asf avi braw cine crm csq dav dif "
			"divx dv f4v flv h264 h265 hevc insv m1v m2p m2t m2ts m2v m4v mjpeg mjpg "
			"mkv mod mov mp4 mpe mpeg mpg mpv mts mxf nev ogv qt r3d seq ser tod ts "
			"vob webm wmv y4m zraw"},
		{FILE_KIND_SOUND,
			"3ga aac aif aifc aiff amr awb bwf caf ds2 dsf dss dvf flac m4a mmf mp3 "
			"msv oga ogg opus qcp rf64 w64 wav wave wma"},
		{FILE_KIND_SIDECAR,
			"aae acr arp bdm bim cos cpf cpi ctg dop dr4 gis glv gpx lrf lrv mgi mie "
			"moi mpl mpls mrk nks nksc nmea on1 pgi pp3 ppn rmd srt tdt thm tid vrd "
			"vtt xml xmp"},
		{FILE_KIND_OTHER, "txt exe pdf zip jpgx jp averylongone 0 zzz"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char copy[1024], *rest = copy, *word;

		strcpy(copy, cases[i].words);
		while ((word = strsep(&rest, " "))) {
			char name[32];

			(void)snprintf(name, sizeof(name), "a.b.%s", word);
			if (file_kind_by_name(name) != cases[i].kind)
				fail_msg("%s is of kind %d", name, (int)file_kind_by_name(name));
		}
	}
}

static void test_select_reads_the_last_extension_in_any_case(void **state)
{
	static const char *const others[] = {"a", "", ".", "a.", "jpg", "a.jpg.bak", "a.jpg "};

	(void)state;
	assert_int_equal(file_kind_by_name("A.JPG"), FILE_KIND_PICTURE);
	assert_int_equal(file_kind_by_name("a.Cr3"), FILE_KIND_RAW);
	assert_int_equal(file_kind_by_name("a.CR3.xMP"), FILE_KIND_SIDECAR);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_int_equal(file_kind_by_name(others[i]), FILE_KIND_OTHER);
}

static void test_select_takes_what_cameras_write(void **state)
{
	static const char *const paths[] = {
		"IMG_0001.JPG",
		"holiday/2024/img_0001.jpg",
		"DCIM/100CANON/IMG_0001.CR9",
		"dcim/100canon/no extension",
		"backup/card 3/DCIM/100MEDIA/DJI_0001.unknown",
		"DCIM/Camera01/fileinfo_list.list",
		"PRIVATE/M4ROOT/STATUS.BIN",
		"PRIVATE/M4ROOT/CLIP/C0001M01.XML",
		"PRIVATE/AVCHD/BDMV/INDEX.BDM",
		"PRIVATE/SONY/GPS/24051200.LOG",
		"AVCHD/BDMV/CLIPINF/00000.CPI",
		"M4ROOT/MEDIAPRO.XML",
		"XDROOT/Clip/C0001.MXF",
		"XDROOT/DISCMETA.XYZ",
		"BPAV/CLPR/853_0001_01/853_0001_01R01.BIM",
		"CONTENTS/CLIP/0001AB.XYZ",
		"CONTENTS/CLIPS001/AA0001/AA000101.CIF",
		"MP_ROOT/100MNV01/M4V00001.MP4",
		"SD_VIDEO/MGR_INFO",
		"100GOPRO/GOPR0001.XYZ",
		"102_PANA/P1020001.XYZ",
		"MISC/THM/100/DJI_0001.SCR",
		"MISC/GIS/dji.gis",
		"FOUND.000/IMG_0001.JPG",
	};

	(void)state;
	assert_answers(SELECT_IMAGES, paths, COUNT(paths), SELECT_TAKE);
	assert_answers(SELECT_EVERYTHING, paths, COUNT(paths), SELECT_TAKE);
}

static void test_select_leaves_open_what_only_content_can_tell(void **state)
{
	static const char *const paths[] = {
		"letter.doc",
		"README",
		"DCIM",
		"FOUND.000/FILE0000.CHK",
		"LOST.DIR/1234",
		"lost+found/#1234",
		"20240512/notes",
		"2024HIKE/notes.bin",
		"000CANON/notes.bin",
		"100 PICS/notes.bin",
		"MISC/AUTPRINT.MRX",
		"MISC/version.txt",
		"tools/MISC/a/version.txt",
		"Some.app/Contents/Resources/x.nib",
		"CONTENTS/readme.bin",
		"VIDEO/readme.bin",
		"DCIMX/a.bin",
	};

	(void)state;
	assert_answers(SELECT_IMAGES, paths, COUNT(paths), SELECT_SNIFF);
	assert_answers(SELECT_EVERYTHING, paths, COUNT(paths), SELECT_TAKE);
}

static void test_select_leaves_out_the_droppings_of_systems(void **state)
{
	static const char *const paths[] = {
		".Trashes/501/IMG_0001.JPG",
		".trashes/IMG_0001.JPG",
		".Trashes",
		".Trash-1000/files/IMG_0001.JPG",
		".Spotlight-V100/Store-V2/x.jpg",
		".fseventsd/0000",
		".DS_Store",
		"DCIM/.DS_Store",
		"DCIM/100CANON/._IMG_0001.JPG",
		"System Volume Information/IndexerVolumeGuid",
		"SYSTEM VOLUME INFORMATION/WPSettings.dat",
		"$RECYCLE.BIN/S-1-5/$R1.JPG",
		"DCIM/100CANON/Thumbs.db",
		"DCIM/desktop.ini",
		"DCIM/.thumbnails/1.jpg",
		"DCIM/.nomedia",
		"photos/@eaDir/IMG_0001.JPG/x.jpg",
	};

	(void)state;
	assert_answers(SELECT_IMAGES, paths, COUNT(paths), SELECT_DROPPING);
	assert_answers(SELECT_EVERYTHING, paths, COUNT(paths), SELECT_DROPPING);
}

static void test_select_enters_folders_where_pictures_were_rescued(void **state)
{
	static const char *const entered[] = {"FOUND.000", "LOST.DIR", "lost+found", "DCIM", ".",
		"..", ".hidden", "Recycled", ".Trashesx", "._x"};
	static const char *const not_entered[] = {".Trashes", ".TRASHES", ".Trash-0",
		"$recycle.bin", "System Volume Information", ".fseventsd", ".Spotlight-V100"};

	(void)state;
	for (size_t i = 0; i < COUNT(entered); i++)
		if (select_is_dropping_folder(entered[i]))
			fail_msg("%s is not entered", entered[i]);
	for (size_t i = 0; i < COUNT(not_entered); i++)
		if (!select_is_dropping_folder(not_entered[i]))
			fail_msg("%s is entered", not_entered[i]);
}

#define HEAD(bytes)                                                                                \
	{                                                                                          \
		bytes, sizeof(bytes) - 1                                                           \
	}

static void test_select_knows_pictures_and_films_by_their_first_bytes(void **state)
{
	static const struct {
		const char *bytes;
		size_t size_bytes;
	} heads[] = {
		HEAD("\xff\xd8\xff\xe1"),
		HEAD("\x89PNG\r\n\x1a\n"),
		HEAD("GIF89a"),
		HEAD("II*\0\x08\0\0\0"),
		HEAD("MM\0*\0\0\0\x08"),
		HEAD("IIRO\x08\0\0\0"),
		HEAD("IIU\0\x18\0\0\0"),
		HEAD("II\x1a\0\0\0HEAPCCDR"),
		HEAD("FUJIFILMCCD-RAW 0201"),
		HEAD("FOVb"),
		HEAD("\0MRM"),
		HEAD("\0\0\0\x18"
		     "ftypcrx "),
		HEAD("\0\0\0\x18"
		     "ftypheic"),
		HEAD("\0\0\0\x08wide\0\0\0\0mdat"),
		HEAD("RIFF\x10\0\0\0AVI LIST"),
		HEAD("RIFF\x10\0\0\0WEBPVP8 "),
		HEAD("RIFF\x10\0\0\0WAVEfmt "),
		HEAD("\x1a\x45\xdf\xa3"),
		HEAD("\0\0\x01\xba\x44"),
		HEAD("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
		HEAD("\x47\x40\0\x10\0\0\xb0\x0d"),
		HEAD("\0\0\0\0\x47\x40\0\x10\0\0\xb0\x0d"),
		HEAD("\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d"),
		HEAD("\0\0\0\x0cJXL \r\n\x87\n"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++)
		if (!select_by_content((const uint8_t *)heads[i].bytes, heads[i].size_bytes))
			fail_msg("head %zu is not known", i);
}

static void test_select_is_not_taken_in_by_other_content(void **state)
{
	static const struct {
		const char *bytes;
		size_t size_bytes;
	} heads[] = {
		HEAD(""),
		HEAD("\xff\xd8"),
		HEAD("Hello world, this is a letter to my dear friends abroad."),
		HEAD("PK\x03\x04\x14\0\0\0"),
		HEAD("%PDF-1.4"),
		HEAD("\x7f"
		     "ELF\x02\x01\x01"),
		HEAD("MZ\x90\0"),
		HEAD("BMW and other cars, a list"),
		HEAD("Gxxx"),
		HEAD("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
		HEAD("SQLite format 3"),
		HEAD("<?xml version=\"1.0\"?>"),
		HEAD("\x47\x11\x22\x10"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(heads); i++)
		if (select_by_content((const uint8_t *)heads[i].bytes, heads[i].size_bytes))
			fail_msg("head %zu is taken for a picture", i);
}

static void test_select_words_go_both_ways(void **state)
{
	enum select_mode mode = SELECT_IMAGES;

	(void)state;
	assert_int_equal(select_mode_parse("everything", &mode), 0);
	assert_int_equal(mode, SELECT_EVERYTHING);
	assert_string_equal(select_mode_name(mode), "everything");
	assert_int_equal(select_mode_parse("images", &mode), 0);
	assert_int_equal(mode, SELECT_IMAGES);
	assert_int_equal(select_mode_parse("all", &mode), -EINVAL);
	assert_string_equal(select_answer_name(SELECT_DROPPING), "system");
	assert_string_equal(select_answer_name(SELECT_OTHER_FILE), "not-a-picture");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select_knows_every_kind_by_its_extension),
		cmocka_unit_test(test_select_reads_the_last_extension_in_any_case),
		cmocka_unit_test(test_select_takes_what_cameras_write),
		cmocka_unit_test(test_select_leaves_open_what_only_content_can_tell),
		cmocka_unit_test(test_select_leaves_out_the_droppings_of_systems),
		cmocka_unit_test(test_select_enters_folders_where_pictures_were_rescued),
		cmocka_unit_test(test_select_knows_pictures_and_films_by_their_first_bytes),
		cmocka_unit_test(test_select_is_not_taken_in_by_other_content),
		cmocka_unit_test(test_select_words_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
