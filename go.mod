module github.com/shequ-io/shequ

go 1.26.0
