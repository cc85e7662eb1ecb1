// Package forms turns declared data elements into forms that people can fill in,
// and reads what was filled in: it renders the fields with why each is asked, on
// what basis and for how long it is kept, checks what comes back on the server as
// the page does in the browser, takes in a few small files, and gives every form a
// signed token from which the submission's identifier and receipt follow.
//
// The residents' portal and the station's counter share it. It keeps nothing, logs
// nothing, and no error of its own holds anything that was typed.
package forms
