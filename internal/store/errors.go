package store

import "errors"

// What callers tell apart. None of them holds anything a resident wrote.
var (
	// ErrUnknownReceipt: no submission has this receipt code.
	ErrUnknownReceipt = errors.New("no submission has this receipt code; compare it with the receipt")
	// ErrUnknownCase: there is no such case.
	ErrUnknownCase = errors.New("there is no such case; look it up by its number or receipt code")
	// ErrUnknownFile: the case has no such file, or no longer.
	ErrUnknownFile = errors.New("the case has no such file; it may have been deleted when its time was over")
	// ErrEnded: what is asked for is for cases that are open.
	ErrEnded = errors.New("the case has ended; reopen it, or enter another")
	// ErrMeanwhile: somebody else changed the same after whoever asks looked at it.
	ErrMeanwhile = errors.New("somebody else has changed it meanwhile; look at it again, then change it")
	// ErrExpired: what the resident wrote is no longer kept.
	ErrExpired = errors.New("what was written was deleted when its time was over; enter another case")
	// ErrUnknownMessage: no dead message has this key.
	ErrUnknownMessage = errors.New("no message of this key waits for anybody; somebody may have replayed it or given it up: look at the list again")
	// ErrNotYours: the case is not with whoever asks.
	ErrNotYours = errors.New("the case is not with your grid; the station can transfer it")
	// ErrUnavailable: the database can't be reached, or is not ready; the same can be
	// asked again.
	ErrUnavailable = errors.New("the community's database can't be reached now; try again in a minute")
	// ErrBusy: the database is there and has too much to do; the same can be asked
	// again.
	ErrBusy = errors.New("the community's database is busy; try again in a few seconds")
	// ErrInvalid: what was given can't be kept, whatever the database's state.
	ErrInvalid = errors.New("can't be kept")
	// ErrReused: the id is another submission's, word's, answer's or change's.
	ErrReused = errors.New("this id was used for something else; draw another with a new form")
)
