#!/bin/sh
# Counts instructions per decision at 100 and at 100,000 routes, and fails where the second is more than 4 times the
# first. Counted by callgrind, not timed: the same binary gives the same figures on a busy machine.
set -eu
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo 'instructions.sh: valgrind is not there (apt-get install valgrind)' >&2; exit 2; }

bench=$(cargo bench --no-default-features --bench instructions --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"instructions".*"executable":"\([^"]*\)".*/\1/p' | tail -1)
[ -n "$bench" ] || { echo 'instructions.sh: the bench was not built' >&2; exit 2; }

requests=2000
most=4

# count AREA ROUTES: instructions per decision
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect='instructions::measured' \
        "$bench" "$1" "$2" "$requests" 2>&1 >/dev/null |
        awk -v requests="$requests" '/Collected/ { printf "%d", $NF / requests }'
}

status=0
for area in mixed uniform exact prefix glob regex miss; do
    few=$(count "$area" 100)
    many=$(count "$area" 100000)
    verdict=ok
    if [ "$many" -gt $((few * most)) ]; then verdict="MORE THAN $most TIMES"; status=1; fi
    printf 'instructions/%s: %d at 100 routes, %d at 100000: %s (%s)\n' \
        "$area" "$few" "$many" "$(awk "BEGIN { printf \"%.2f\", $many / $few }")" "$verdict"
done
exit $status
