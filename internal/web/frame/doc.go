// Package frame is the look and the language that the portal and the desk
// share: layout, style sheet, icon, the two languages' messages, and the way
// numbers, money, times and opening hours are written for people.
//
// It renders and formats; it serves nothing and decides nothing. There is no
// script in it: pages are complete as they arrive.
package frame
