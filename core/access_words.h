/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * access_words.h - how front ends at the box say how people get to the tank from their own devices.
 */
#ifndef IMGTANK_CORE_ACCESS_WORDS_H
#define IMGTANK_CORE_ACCESS_WORDS_H

#define ACCESS_TITLE_NETWORK "Join this Wi-Fi"
#define ACCESS_HINT_NETWORK "Point a phone's camera at the code, or type this:"
#define ACCESS_LABEL_NETWORK "Network"
#define ACCESS_LABEL_PASSWORD "Password"
#define ACCESS_TITLE_PAGE "See the pictures"
#define ACCESS_HINT_PAGE "Point a phone's camera at the code, or open this page:"
#define ACCESS_LABEL_CODE "Code"
#define ACCESS_LABEL_LOGIN "Log in with your password."

#endif
