#!/bin/bash
# README.md shows the minimal program as it is: <root>. The text between the fences is demo/minimal/minimal.c.
source "$(dirname "$0")/lib.sh"
shown=$(awk '/^```c$/ { on = 1; next } /^```$/ { if (on) exit } on' README.md)
if ! difference=$(diff <(echo "$shown") demo/minimal/minimal.c); then
    bad "README.md (<) and demo/minimal/minimal.c (>) differ:"$'\n'"$difference"
fi
verdict
