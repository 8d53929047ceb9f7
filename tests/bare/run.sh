#!/bin/sh
# Proves that a machine with nothing but Debian 12, python3, git and ca-certificates can build and test this
# repository: makes such a machine in a folder, copies the working tree in, runs, and removes it again.
#
#   tests/bare/run.sh                      ./pants package :: and ./pants test ::
#   tests/bare/run.sh ./pants --version    any other command
#
# The bare system gets this machine's apt and pip configuration and its certificates: those say where packages
# come from. Its own processes and mounts live in namespaces that end with it.
set -eu

suite=bookworm
packages=python3,git,ca-certificates
tree=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
cache=${PANTS_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/pants-launcher}/bare
base=$cache/$suite-minbase.tar

fail() {
    printf 'error: %s: expected %s, found %s\n\nhint: %s\n' "$1" "$2" "$3" "$4" >&2
    exit 2
}

say() { printf 'bare: %s\n' "$*" >&2; }

[ "$(id -u)" = 0 ] || fail tests/bare/run.sh "the superuser (for chroot)" "user $(id -un)" "sudo make test-bare"
for program in debootstrap unshare chroot git; do
    command -v "$program" >/dev/null || fail "$program" "the program" none "apt-get install debootstrap util-linux git"
done

mkdir -p "$cache"
root=$(mktemp -d "${TMPDIR:-/tmp}/bare.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

make_base() {
    mirror=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
        awk -v suite="$suite" '$1 == suite { print $2; exit }')
    [ -n "$mirror" ] || fail "apt's configuration" "a mirror of Debian $suite" none "apt-get update"
    say "make a bare Debian ($suite)"
    debootstrap --variant=minbase --include="$packages" "$suite" "$root" "$mirror" >"$base.log" 2>&1 ||
        fail debootstrap "a bare Debian" "an error" "less $base.log"
    rm -rf "$root"/var/cache/apt/archives/*.deb
    tar -C "$root" -cf "$base.$$" --one-file-system . && mv "$base.$$" "$base"
}

copy_configuration() {
    rm -rf "$root/etc/apt"
    cp -aL /etc/apt "$root/etc/apt"
    for file in /etc/pip.conf /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do
        if [ -f "$file" ]; then rm -f "$root$file"; cp -L "$file" "$root$file"; fi
    done
    for folder in .config/pip .pip; do
        if [ -d "$HOME/$folder" ]; then mkdir -p "$root/root/$folder"; cp -RL "$HOME/$folder/." "$root/root/$folder"; fi
    done
    if [ -f "${PIP_CERT:-/dev/null}" ]; then
        mkdir -p "$root${PIP_CERT%/*}"
        cp -L "$PIP_CERT" "$root$PIP_CERT"
    fi
}

# Folders that pip's configuration names: they are an index, and part of where packages come from.
named_folders() {
    {
        cat /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" 2>/dev/null || true
        env | sed -n 's/^PIP_[A-Z_]*=//p'
    } | tr ' =' '\n\n' | sed -n 's|^file://||; s|^/|/|p' | sort -u |
        while read -r path; do
            # An index and the files that it links to lie side by side.
            case $path in */simple | */simple/) path=${path%/simple*} ;; esac
            if [ -d "$path" ]; then echo "$path"; fi
        done | sort -u
}

copy_tree() {
    mkdir -p "$root/work"
    git -C "$tree" ls-files -z --cached --others --exclude-standard --deduplicate |
        tar -C "$tree" --null --files-from=- --ignore-failed-read -cf - 2>/dev/null | tar -C "$root/work" -xf -
    chown -R 0:0 "$root/work"
}

variables() {
    env | grep -E '^(PIP_[A-Z_]*|https?_proxy|no_proxy|HTTPS?_PROXY|NO_PROXY|PANTS_DEBIAN_MIRRORS)=' || true
}

if [ ! -f "$base" ]; then make_base; else tar -C "$root" -xf "$base"; fi
copy_configuration
copy_tree
named_folders >"$root/named-folders"
variables >"$root/variables"

cat >"$root/inside" <<'INSIDE'
set -eu
while read -r line; do export "$line"; done </variables
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
cd /work
git -c init.defaultBranch=main init -q .
git add -A
git -c user.name=bare -c user.email=bare@localhost -c commit.gpgsign=false commit -q -m "The tree"
if [ $# -gt 0 ]; then "$@"; else ./pants package :: && ./pants test ::; fi
INSIDE

cat >"$root/outside" <<'OUTSIDE'
set -eu
root=$1
shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/dev/shm" 2>/dev/null || true
while read -r folder; do
    mkdir -p "$root$folder"
    mount --bind -o ro "$folder" "$root$folder"
done <"$root/named-folders"
exec chroot "$root" /usr/bin/env -i TERM="${TERM:-dumb}" /bin/sh /inside "$@"
OUTSIDE

say "run ${*:-./pants package :: and ./pants test ::}"
started=$(date +%s)
status=0
unshare --mount --pid --fork --kill-child sh "$root/outside" "$root" "$@" || status=$?
say "exit code $status after $(($(date +%s) - started)) s"
exit "$status"
