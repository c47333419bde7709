# Sourced by up and test: finds or installs what a fresh machine lacks, and says in one sentence what it cannot do.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

# The compiler server makes a build of twenty projects four times cheaper; some environments switch it off.
BUILD=(-p:UseSharedCompilation=true -v:quiet -nologo -clp:NoSummary)

fail() { echo "$*" >&2; exit 1; }

need_dotnet() {
    command -v dotnet >/dev/null || fail "The .NET 10 SDK is missing: install it from your system's packages or from dot.net, then run this again."
    dotnet --list-sdks | grep -q '^10\.' || fail "The .NET 10 SDK is missing; this machine has: $(dotnet --list-sdks | tr '\n' ' ')"
}

has_postgres() {
    command -v initdb >/dev/null && return 0
    local folder
    for folder in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /usr/pgsql*/bin; do
        [ -x "$folder/initdb" ] && return 0
    done
    return 1
}

need_postgres() {
    has_postgres && return
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
        echo "Installing PostgreSQL (server programs only, no cluster of the system's own) …"
        "${as_root[@]}" mkdir -p /etc/postgresql-common
        [ -e /etc/postgresql-common/createcluster.conf ] ||
            echo 'create_main_cluster = false' | "${as_root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
        "${as_root[@]}" apt-get update -qq >/dev/null
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
    elif command -v brew >/dev/null; then
        brew install postgresql@17 >/dev/null
    fi
    has_postgres || fail "PostgreSQL is missing: install its server programs, or set MARKETPLACE_DATABASE (and MARKETPLACE_DATABASE_OWNER) to a server of yours."
}

# For the tests of the verifier page, which only a real browser can run.
need_chromium() {
    local name
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo -n)
    if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
        echo "Installing Chromium …"
        "${as_root[@]}" apt-get update -qq >/dev/null
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
    fi
    command -v chromium >/dev/null || fail "Chromium is missing: install it from your system's packages, then run this again."
}
