#!/usr/bin/env bash
# Gives the application a search user of its own; repeating it changes nothing but the password to the one given.
set -euo pipefail
put() {
    curl -sS --fail-with-body --cacert /certificates/ca/ca.crt -u "elastic:$ELASTIC_PASSWORD" \
        -X PUT "https://search:9200/_security/$1" -H 'Content-Type: application/json' -d "$2"
}
put role/funeng '{"cluster": ["monitor"], "indices": [{"names": ["funeng*"], "privileges": ["all"]}]}'
put user/funeng "{\"password\": \"$SEARCH_PASSWORD\", \"roles\": [\"funeng\"]}"
