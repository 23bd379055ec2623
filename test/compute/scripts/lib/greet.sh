#!/usr/bin/env bash
greet() {
  test "$1" != broken
  echo "Hello from node $1"
}
