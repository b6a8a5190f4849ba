#!/bin/bash
# .clang-format decides layout: <root>.
source "$(dirname "$0")/lib.sh"
need clang-format
bad_lines < <(tracked '\.[ch]$' | xargs -r clang-format --dry-run -Werror 2>&1 | grep -E 'error:|rror ')
verdict
