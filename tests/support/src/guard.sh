# Waits until its standard input ends, which is when the process that holds the other end has
# ended, however that came about. Then kills the control plane.
#
# guard DIR PROGRAM KEEP|REMOVE
trap '' INT TERM HUP QUIT
dir=$1 program=$2 afterwards=$3

while read -r _; do :; done

# Twice, for a component that was just being started.
for _ in 1 2; do
    for command_line in $(grep -lszF -- "=$dir/" /proc/[0-9]*/cmdline); do
        process=${command_line%/cmdline}
        case $(readlink "$process/exe") in
        "$program"*) kill -KILL "${process#/proc/}" ;;
        esac
    done
    sleep 0.2
done

if [ "$afterwards" = REMOVE ]; then
    rm -rf "$dir"
fi
