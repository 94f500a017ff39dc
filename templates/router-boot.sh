#!/bin/bash
# Makes an Amazon Linux 2023 instance a Tailscale node of any role but session-recorder. Runs as user data, then at each boot as
# tailnet-boot.service; as tailnet-boot it may be run again at any time.
#
# It waits until the automation has written <prefix>/nodes/<own instance id>/auth-key and .../settings, and joins with them. The key
# never passes through here: `tailscale up` is given the name of its parameter and reads it itself, so it is in no process list,
# no variable and no log.
#
# Environment; what is not required has a default below, times in seconds unless they say otherwise:
#   PARAMETER_PREFIX    required: path below which node parameters lie, such as /tailnet
#   TAILSCALE_VERSION   required: version to install, such as 1.102.3; older ones are refused
#   DNS64               true: install named, which answers names as the settings say
#   WAIT_SECONDS        from the first look for the parameters to the join (the automation abandons an instance
#                       ten minutes after its launch)
#   JOIN_SECONDS        for one of JOIN_ATTEMPTS attempts to join
#   DELAY_MILLISECONDS  first delay between two attempts of anything; doubles up to 16 times that
#   IMDS                base address of the instance metadata service
#   PACKAGES            folder of Tailscale's repository
#   CONSOLE             where a failure is written beside standard error
#   REPOSITORY_DIR, SYSCTL_DIR, UNIT_DIR, SBIN_DIR  where files are installed
# The AWS CLI's own variables, such as AWS_ENDPOINT_URL, hold too.

set -Eeuo pipefail

VARIABLES=(PARAMETER_PREFIX TAILSCALE_VERSION DNS64 WAIT_SECONDS JOIN_SECONDS JOIN_ATTEMPTS DELAY_MILLISECONDS IMDS PACKAGES CONSOLE
  REPOSITORY_DIR SYSCTL_DIR UNIT_DIR SBIN_DIR "${!AWS_ENDPOINT_URL@}")
PREFIX=${PARAMETER_PREFIX:-}
VERSION=${TAILSCALE_VERSION:-}
WAIT_SECONDS=${WAIT_SECONDS:-540}
JOIN_SECONDS=${JOIN_SECONDS:-60}
JOIN_ATTEMPTS=${JOIN_ATTEMPTS:-5}
DELAY_MILLISECONDS=${DELAY_MILLISECONDS:-500}
IMDS=${IMDS:-http://169.254.169.254}
PACKAGES=${PACKAGES:-https://pkgs.tailscale.com/stable/amazon-linux/2023}
CONSOLE=${CONSOLE:-/dev/console}
REPOSITORY_DIR=${REPOSITORY_DIR:-/etc/yum.repos.d}
SYSCTL_DIR=${SYSCTL_DIR:-/etc/sysctl.d}
UNIT_DIR=${UNIT_DIR:-/etc/systemd/system}
SBIN_DIR=${SBIN_DIR:-/usr/local/sbin}
DNS64=${DNS64:-false}

# Earlier versions let peers of the tailnet reach the instance metadata service, and with it the role's credentials.
OLDEST_VERSION=1.102.3

say() { echo "router-boot: $*"; }

shout() { echo "router-boot: $*" | tee -a "$CONSOLE" >&2 || true; }

fail() {
  trap - ERR
  shout "FAILED: $*"
  exit 1
}

trap 'fail "line $LINENO ended with $?"' ERR

is_at_least() { printf '%s\n%s\n' "$2" "$1" | sort -V -C; }

# The delay before attempt $1 (from 1), doubling.
pause() {
  local doublings=$(($1 < 5 ? $1 - 1 : 4))
  local delay=$((DELAY_MILLISECONDS << doublings))
  sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
}

retry() {
  local attempt
  for attempt in 1 2 3 4; do
    "$@" && return
    say "attempt $attempt of 5 failed: $1 $2"
    pause "$attempt"
  done
  "$@"
}

check_input() {
  [[ $PREFIX =~ ^(/[A-Za-z0-9_.-]+)+$ ]] || fail "PARAMETER_PREFIX must be a path such as /tailnet"
  [[ $DNS64 == true || $DNS64 == false ]] || fail "DNS64 must be true or false"
  [[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "TAILSCALE_VERSION must be a version such as $OLDEST_VERSION"
  is_at_least "$VERSION" "$OLDEST_VERSION" \
    || fail "Tailscale $VERSION is refused: versions before $OLDEST_VERSION let peers reach the instance metadata service"
}

# User data runs once, and the tailnet forgets a node that is stopped: so this stays as a unit, for each boot, and for later if this run
# fails. Not a oneshot, as the boot would wait for it.
stay() {
  local name own=$SBIN_DIR/tailnet-boot
  mkdir -p "$SBIN_DIR" "$UNIT_DIR"
  # One run at a time: a key is good for one join.
  exec 9< "$SBIN_DIR"
  flock 9
  [[ ! $0 -ef $own ]] || return 0
  [[ -f ${BASH_SOURCE[0]:-} ]] || fail "the script installs itself, so it must be a file"
  install -m 0700 /dev/null "$own.new"
  {
    echo '#!/bin/bash'
    for name in "${VARIABLES[@]}"; do [[ -z ${!name:-} ]] || printf 'export %s=%q\n' "$name" "${!name}"; done
    cat "${BASH_SOURCE[0]}"
  } > "$own.new"
  mv "$own.new" "$own"
  cat > "$UNIT_DIR/tailnet-boot.service" << UNIT
[Unit]
Description=Lets this instance join the tailnet
Wants=network-online.target
After=network-online.target tailscaled.service

[Service]
Type=exec
ExecStart=$own
RemainAfterExit=yes
Restart=on-failure
RestartSec=60

[Install]
WantedBy=multi-user.target
UNIT
  systemctl daemon-reload
  systemctl enable tailnet-boot.service
  trap '(($? == 0)) || systemctl start --no-block tailnet-boot.service' EXIT
}

imds() { curl --silent --show-error --fail --noproxy '*' --max-time 5 --retry 5 --retry-connrefused "$@"; }

identify() {
  local token document
  token=$(imds -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$IMDS/latest/api/token")
  document=$(imds -H "X-aws-ec2-metadata-token: $token" "$IMDS/latest/dynamic/instance-identity/document")
  read -r INSTANCE REGION ACCOUNT < <(python3 -c '
import json, sys
document = json.load(sys.stdin)
print(document["instanceId"], document["region"], document["accountId"])' <<< "$document") || true
  [[ ${INSTANCE:-} =~ ^i-[0-9a-f]+$ && -n ${REGION:-} && ${ACCOUNT:-} =~ ^[0-9]{12}$ ]] \
    || fail "the instance identity document does not say which instance this is"
  # The client takes names of parameters in the partition aws alone.
  [[ $REGION != cn-* && $REGION != us-gov-* && $REGION != us-iso* ]] \
    || fail "Tailscale cannot read an auth key from Systems Manager in $REGION"
  FOLDER=$PREFIX/nodes/$INSTANCE
}

installed_version() { tailscale version 2>/dev/null | head -n 1 || true; }

install_tailscale() {
  local found repository=$REPOSITORY_DIR/tailscale.repo
  found=$(installed_version)
  if [[ -z $found ]] || ! is_at_least "$found" "$VERSION"; then
    mkdir -p "$REPOSITORY_DIR"
    retry curl --silent --show-error --fail --max-time 20 --output "$repository" "$PACKAGES/tailscale.repo"
    # The signed index holds the packages' checksums.
    grep -q '^repo_gpgcheck=1' "$repository" || fail "the repository file of $PACKAGES does not ask for a signed index"
    retry dnf install --assumeyes --quiet "tailscale-$VERSION" ethtool
    found=$(installed_version)
  fi
  is_at_least "${found:-0}" "$VERSION" || fail "Tailscale $VERSION was to be installed, and is ${found:-missing}"
  systemctl enable --now tailscaled
  say "Tailscale $found is installed"
}

forward_packets() {
  mkdir -p "$SYSCTL_DIR"
  printf '%s\n' 'net.ipv4.ip_forward = 1' 'net.ipv6.conf.all.forwarding = 1' > "$SYSCTL_DIR/99-tailscale.conf"
  sysctl --quiet -p "$SYSCTL_DIR/99-tailscale.conf"
}

# Not kept over a reboot by the kernel. It makes forwarding faster; nothing fails without it.
forward_in_batches() {
  local device
  read -r device < <(ip -o route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p') || true
  ethtool -K "$device" rx-udp-gro-forwarding on rx-gro-list off \
    || say "UDP packets are forwarded one by one: this kernel or device cannot batch them"
}

# Names of a VPC whose addresses another one has too: named answers with their 4via6 form, once it has a configuration.
# Clients reach it through the tunnel at the router's tailnet addresses, where no security group is in the way.
install_named() {
  rpm --quiet -q bind bind-utils || retry dnf install --assumeyes --quiet bind bind-utils || return
  mkdir -p "$SBIN_DIR" "$UNIT_DIR/named.service.d"
  cat > "$SBIN_DIR/tailnet-dns64" << 'SCRIPT'
#!/bin/bash
# tailnet-dns64 BASE64: lets named answer by this configuration, whose last comment is its zone. A refused one changes nothing.
set -euo pipefail
conf=${NAMED_CONF:-/etc/named.conf} folder=${NAMED_FOLDER:-/var/named}
fail() { echo "tailnet-dns64: FAILED: $*" >&2; exit 1; }
# Any answer will do, also a refusal. The question is not passed on.
answers() {
  local own
  own=$(tailscale ip -1) && dig +norecurse +time=1 +tries=1 "@$own" . NS
} > /dev/null 2>&1
umask 022
new=$(mktemp "$conf.XXXXXX")
trap 'rm -f "$new"' EXIT
base64 -d <<< "${1:-}" > "$new" 2> /dev/null || fail "the configuration is not base64"
chmod 0644 "$new"
# Written last: whatever was begun and not seen to answer is done again.
if cmp -s "$new" "$conf" && cmp -s "$new" "$conf.answers" && answers; then
  echo "tailnet-dns64: named answers by this configuration already"
  exit
fi
zone=$(sed -n 's/.* file "\(dns64-[0-9a-f]*\.zone\)".*/\1/p' "$new")
[[ -n $zone ]] || fail "the configuration has no zone"
sed -n '/^\/\*$/,/^\*\/$/{//!p}' "$new" > "$folder/$zone"
problem=$(named-checkconf -z "$new" 2>&1) || fail "named refuses the configuration, the former one stays: $problem"
mv "$new" "$conf"
systemctl enable --quiet named
systemctl restart named || fail "named does not start: see journalctl -u named"
for ((attempt = 1; attempt <= 15; attempt++)); do
  if answers; then
    cp "$conf" "$conf.answers"
    find "$folder" -maxdepth 1 -name 'dns64-*.zone' ! -name "$zone" -delete
    echo "tailnet-dns64: named answers"
    exit
  fi
  sleep 0.5
done
fail "named does not answer at the tailnet address: see journalctl -u named and tailscale status"
SCRIPT
  chmod 0755 "$SBIN_DIR/tailnet-dns64"
  # named sees for itself when the addresses that it listens on come and go.
  printf '%s\n' '[Unit]' 'After=tailscaled.service' '[Service]' 'Restart=always' 'RestartSec=1' > "$UNIT_DIR/named.service.d/tailnet.conf"
  systemctl daemon-reload
}

answer_names() {
  local configuration
  configuration=$(python3 -c 'import json, sys; print(json.load(sys.stdin).get("dns64") or "")' <<< "$1")
  [[ -z $configuration ]] || "$SBIN_DIR/tailnet-dns64" "$configuration" || shout "names are not answered yet; the automation tries again"
}

# Prints one field of a parameter. A SecureString stays encrypted.
parameter() { aws ssm get-parameter --region "$REGION" --name "$FOLDER/$1" --query "Parameter.$2" --output text 2>&1; }

# Waits until a parameter is there, and prints the field. Until it exists, so do none of the tags that allow it to be read:
# AccessDenied is as usual an answer as ParameterNotFound.
await_parameter() {
  local attempt=0 answer
  while ! answer=$(parameter "$1" "$2"); do
    [[ $answer == *ParameterNotFound* || $answer == *AccessDenied* ]] || say "cannot read $FOLDER/$1 yet: $answer" >&2
    ((SECONDS < DEADLINE)) || fail "$FOLDER/$1 could not be read within $WAIT_SECONDS seconds. Look at the log of the automation. Last answer: $answer"
    attempt=$((attempt + 1))
    pause "$attempt"
  done
  printf '%s' "$answer"
}

# Prints the options that the settings mean, each ended by a NUL; $1 is `up`, `set`, or `relay`: those of `set` that `up` does not take.
options() {
  python3 -c '
import ipaddress, json, re, sys

def refuse(why):
    sys.exit("the settings parameter is malformed: " + why)

try:
    settings = json.load(sys.stdin)
    host, routes, tags, flags = (settings[name] for name in ("hostname", "advertiseRoutes", "advertiseTags", "flags"))
except (ValueError, KeyError, TypeError) as problem:
    refuse(f"{type(problem).__name__} {problem}")
if not isinstance(host, str) or not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", host):
    refuse("hostname")
if host.startswith("session-recorder-"):
    sys.exit("a session recorder is not run by this script: see Roles in docs/operations.md")
try:
    routes = [str(ipaddress.ip_network(route)) and route for route in routes]
except (ValueError, TypeError) as problem:
    refuse(f"advertiseRoutes: {problem}")
if not isinstance(tags, list) or not tags or not all(isinstance(tag, str) and re.fullmatch(r"tag:[A-Za-z0-9-]+", tag) for tag in tags):
    refuse("advertiseTags")
if not isinstance(flags, dict):
    refuse("flags")
if not re.fullmatch(r"[A-Za-z0-9+/=]*", str(settings.get("dns64") or "")):
    refuse("dns64")
for name, value in flags.items():
    offer = name in ("advertise-exit-node", "advertise-connector") and value in ("true", "false")
    own = name.startswith("advertise-") and not offer or name in ("auth-key", "authkey", "hostname", "reset", "timeout")
    if own or not re.fullmatch(r"[a-z][a-z0-9-]*", name) or not isinstance(value, str):
        refuse(f"flags: {name!r}")
command = sys.argv[1]
options = [] if command == "relay" else ["--hostname=" + host]
if command == "up":
    options += ["--advertise-routes=" + ",".join(routes), "--advertise-tags=" + ",".join(tags)]
# The name resolution of the instance stays with AWS unless the settings say otherwise.
for name, value in sorted({"accept-dns": "false", **flags}.items()):
    if command == "set" or (command == "relay") == name.startswith("relay-server-"):
        options.append(f"--{name}={value}")
sys.stdout.write("".join(option + "\0" for option in options))' "$1"
}

# Sets OPTIONS from the settings text $2.
read_options() {
  local list status=0
  list=$(mktemp)
  options "$1" <<< "$2" > "$list" 2> "$list.problem" || status=$?
  local problem
  problem=$(tail -n 1 "$list.problem")
  mapfile -d '' OPTIONS < "$list"
  rm -f "$list" "$list.problem"
  ((status == 0)) || fail "$problem"
}

# What tailscaled says of itself; it has no state yet just after its start.
backend_state() {
  local attempt state
  for attempt in 1 2 3 4 5 6; do
    state=$(tailscale status --json 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["BackendState"])' 2>/dev/null) || state=
    [[ -z $state || $state == NoState || $state == Starting ]] || break
    pause "$attempt"
  done
  echo "$state"
}

# No client should print a key, and none does so here.
without_keys() { sed -E 's/tskey-[A-Za-z0-9_-]+/tskey-(not shown)/g'; }

join() {
  local key="arn:aws:ssm:$REGION:$ACCOUNT:parameter$FOLDER/auth-key" attempt
  DEADLINE=$((SECONDS + WAIT_SECONDS))
  for ((attempt = 1; attempt <= JOIN_ATTEMPTS; attempt++)); do
    # The key is written last, so the settings are there when it is. Both may be new at each attempt.
    say "waits for $FOLDER/auth-key"
    await_parameter auth-key Version > /dev/null || exit 1
    SETTINGS=$(await_parameter settings Value) || exit 1
    read_options up "$SETTINGS"
    if tailscale up --reset --timeout="${JOIN_SECONDS}s" --auth-key="$key" "${OPTIONS[@]}" 2>&1 | without_keys; then
      say "joined as $INSTANCE"
      return
    fi
    if [[ $(backend_state) == Running ]]; then
      say "joined as $INSTANCE, late"
      return
    fi
    say "attempt $attempt of $JOIN_ATTEMPTS to join was refused"
    ((SECONDS < DEADLINE)) || break
    pause "$attempt"
  done
  fail "Tailscale did not let $INSTANCE join; its answers are above. Is the key spent or expired, can the role decrypt it?"
}

# Routes and names are left as they are: by now the automation sets them through its documents, and the settings hold those of the launch.
refresh() {
  local settings
  if settings=$(parameter settings Value); then
    read_options set "$settings"
    tailscale set "${OPTIONS[@]}"
    say "is already in the tailnet; options are set again"
  else
    say "is already in the tailnet; its settings cannot be read and stay as they are: $settings"
  fi
}

check_input
stay
identify
install_tailscale
forward_packets
forward_in_batches
# Without names a router still has its routes.
[[ $DNS64 != true ]] || install_named || shout "named cannot be installed, so that no names are answered"
if [[ $(backend_state) == Running ]]; then
  refresh
else
  join
  read_options relay "$SETTINGS"
  ((${#OPTIONS[@]} == 0)) || retry tailscale set "${OPTIONS[@]}" || fail "$INSTANCE has joined, and is no relay"
  [[ $DNS64 != true || ! -x $SBIN_DIR/tailnet-dns64 ]] || answer_names "$SETTINGS"
fi
