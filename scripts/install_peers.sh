#!/bin/sh
# The servers that blocks are tested against, from Debian's packages when root; without them these tests are passed over,
# but fail in CI. The programs are only run by tests, on ports of their own: the packages must not start any of them.
set -eu
missing=
for pair in postgres:postgresql mariadbd:mariadb-server redis-server:redis-server rabbitmq-server:rabbitmq-server \
    mosquitto:mosquitto nats-server:nats-server sshd:openssh-server vsftpd:vsftpd dovecot:dovecot-imapd \
    memcached:memcached slapd:slapd; do
    program=${pair%%:*}
    found=$(PATH="$PATH:/usr/sbin:/sbin" command -v "$program" || ls /usr/lib/postgresql/*/bin/"$program" 2>/dev/null || true)
    [ -n "$found" ] || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Tests against real servers will be passed over; to run them:  sudo apt-get install$missing" >&2
    exit 0
fi
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
# shellcheck disable=SC2086 - several packages
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
