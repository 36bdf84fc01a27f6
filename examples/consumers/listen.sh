#!/usr/bin/env bash
# Follows the events of a gateway through restarts, losses and resets, with curl and jq.
#
# Usage: listen.sh [URL] [STATE]
# STATE is a file with the id of the last event, so that the next run goes on where this one has ended.
set -uo pipefail

url=${1:-http://127.0.0.1:8080}
state=${2:-}
filter=types=RECORD_PUSHED,RECORD_DELETED
silence=45 # seconds without a line: three heartbeats
fields=(-H 'Accept: application/x-ndjson')
[ -z "${DIRECTORY_CLIENT_AUTH_TOKEN:-}" ] || fields+=(-H "Authorization: Bearer $DIRECTORY_CLIENT_AUTH_TOKEN")

# Your work. An event may come twice, if this program ends before it has stored the id.
handle() {
    jq -r '"\(.type | ltrimstr("EVENT_TYPE_")) \(.resource_id)"' <<<"$1"
}

# Events are missing: compare what you have with what the gateway has.
catch_up() {
    local after="" page
    while true; do
        page=$(curl -sf "${fields[@]:2}" "$url/records?limit=1000$after") || return
        jq -r '.records[] | "STORED \(.cid)"' <<<"$page"
        after=$(jq -r '.next // empty' <<<"$page")
        [ -n "$after" ] || return 0
        after="&after=$after"
    done
}

last="" problem=""
[ -z "$state" ] || [ ! -e "$state" ] || last=$(<"$state")
failures=0
curl=""
trap '[ -z "$curl" ] || kill "$curl" 2>/dev/null' EXIT

while true; do
    pause=""
    # The last line is the status: the body of a refusal comes before it.
    exec 3< <(exec curl -sN -w 'status %{http_code}\n' "${fields[@]}" \
        "$url/events?$filter${last:+&last_event_id=$last}")
    curl=$!
    while IFS= read -r -t "$silence" line <&3; do
        case $line in
            '') failures=0 ;; # live, or a heartbeat
            '{"id":'*)
                handle "$line"
                last=$(jq -r .id <<<"$line")
                [ -z "$state" ] || printf '%s\n' "$last" >"$state"
                ;;
            '{"dropped":'* | '{"reset":'*)
                printf 'events are missing: %s\n' "$line" >&2
                catch_up
                ;;
            '{"goodbye":'*) pause=$(jq -r '.goodbye.retry / 1000' <<<"$line") ;;
            'status 4'*)
                case ${line#status } in
                    408 | 429) ;;
                    *) printf 'refused: %s\n' "$problem" >&2; exit 1 ;; # to try again would not help
                esac
                ;;
            *) problem=$line ;;
        esac
    done
    kill "$curl" 2>/dev/null
    exec 3<&-
    printf 'the stream has ended\n' >&2
    failures=$((failures + 1))
    backoff=$((failures < 7 ? 1 << (failures - 1) : 60))
    # Half of the time to all of it, so that many clients do not come back at the same moment.
    sleep "${pause:-$(awk -v s="$backoff" -v r="$RANDOM" 'BEGIN { print s * (0.5 + r / 65536) }')}"
done
