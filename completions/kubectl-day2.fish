# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_day2_global_optspecs
    string join \n h/help V/version
end

function __fish_kubectl_day2_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_day2_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_day2_using_subcommand
    set -l cmd (__fish_kubectl_day2_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -s h -l help -d 'Print help'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "leases" -d 'Show who leads, since when, and how late the renewal is'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "snapshot" -d 'Record the cluster in a file that every plugin answers from; holds no secrets'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "install" -d 'Lay the links by which kubectl finds the plugins and completes their words'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "completion" -d 'Print a completion script for the binaries called without kubectl'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "man" -d 'Write a manual page for each command'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "demo" -d 'Show what the plugins say of a recorded cluster; needs no cluster'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -s l -l selector -d 'Show only Leases with these labels' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l kind -d 'Show only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l sort-by -d 'Sort by this column, ascending; unknown values come last' -r -f -a "lag\t'Time since the last renewal'
age\t'Time since the Lease was made'
name\t'Namespace and name'
held\t'Time since the holder took it'
transitions\t'How often another identity took over'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -s w -l watch -d 'Go on and print a line for each change of holder or state'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l watch-renewals -d 'With --watch, print a line for each renewal too'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -s f -l file -d 'The file to write, compressed if its name ends in .gz; - for standard output' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand snapshot" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand install" -l dir -d 'Where to lay them; by default beside the kubectl-day2 that PATH finds' -r -f -a "(__fish_complete_directories)"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand install" -l uninstall -d 'Take the links away again'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand install" -s h -l help -d 'Print help'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand install" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand completion" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand man" -l dir -d 'The directory' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand man" -s h -l help -d 'Print help'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand man" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand demo" -s h -l help -d 'Print help'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand demo" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases snapshot install completion man demo help" -f -a "leases" -d 'Show who leads, since when, and how late the renewal is'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases snapshot install completion man demo help" -f -a "snapshot" -d 'Record the cluster in a file that every plugin answers from; holds no secrets'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases snapshot install completion man demo help" -f -a "install" -d 'Lay the links by which kubectl finds the plugins and completes their words'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases snapshot install completion man demo help" -f -a "completion" -d 'Print a completion script for the binaries called without kubectl'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases snapshot install completion man demo help" -f -a "man" -d 'Write a manual page for each command'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases snapshot install completion man demo help" -f -a "demo" -d 'Show what the plugins say of a recorded cluster; needs no cluster'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases snapshot install completion man demo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
