#!/bin/bash
# The shop: answers, and says by statsd how long it took.
begin=$(date +%s%3N)
sleep 0.01
case "$QUERY_STRING" in
fail) printf 'Status: 500 Internal Server Error\nContent-Type: text/plain\n\nout of stock\n'; echo "out of stock" >&2 ;;
*) printf 'Content-Type: text/plain\n\nwelcome to the shop\n' ;;
esac
printf 'shop.checkout.time:%d|ms\n' $(($(date +%s%3N) - begin)) >"/dev/udp/127.0.0.1/${STATSD_PORT:-8125}"
