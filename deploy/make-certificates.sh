#!/usr/bin/env bash
# Makes a private authority and the search server's certificate, once; a second start finds them and does nothing.
set -euo pipefail
cd /certificates
[ -f complete ] && exit 0
tool=/usr/share/elasticsearch/bin/elasticsearch-certutil
rm -rf ca search ./*.zip
"$tool" ca --silent --pem --days 3650 --out /certificates/ca.zip
unzip -q ca.zip
"$tool" cert --silent --pem --days 3650 --name search --dns search --dns localhost --ip 127.0.0.1 \
    --ca-cert ca/ca.crt --ca-key ca/ca.key --out /certificates/search.zip
unzip -q search.zip
rm -f ./*.zip
# everybody may read the certificates; the search server reads its key through its group, root;
# the authority's key is needed for new certificates only
chown -R root:root .
chmod 755 . ca search
chmod 644 ca/ca.crt search/search.crt
chmod 640 search/search.key
chmod 600 ca/ca.key
touch complete
