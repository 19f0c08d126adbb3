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
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "addons" -d 'Show which add-ons run here, what fits this cluster, and what is new upstream'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "drain-node" -d 'Show what a drain will do, then do it: fast, exact, undoable'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "autoscale-sim" -d 'Show what Cluster Autoscaler would do about pending pods, and why'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "snapshot" -d 'Record the cluster in a file that every plugin answers from; holds no secrets'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "install" -d 'Lay the links by which kubectl finds the plugins and completes their words'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "completion" -d 'Print a completion script for the binaries called without kubectl'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "man" -d 'Write a manual page for each command'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "demo" -d 'Show what the plugins say of a recorded cluster; needs no cluster'
complete -c kubectl-day2 -n "__fish_kubectl_day2_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -s l -l selector -d 'Only Leases with these labels' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l kind -d 'Only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l sort-by -d 'Sort by this column, ascending; unknown values come last' -r -f -a "lag\t'Time since the last renewal'
age\t'Time since the Lease was made'
name\t'Namespace and name'
held\t'Time since the holder took it'
transitions\t'How often another identity took over'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -s w -l watch -d 'Go on and print a line for each change of holder or state'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l watch-renewals -d 'With --watch, print a line for each renewal too'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -a "check" -d 'Check that all is well: nothing late, expired or without a leader'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -a "show" -d 'Show all that is known of one Lease'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -a "watch" -d 'Watch, remember, and sum up: renewals, changes of holder, time without a leader'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -a "failover" -d 'Take leadership away and measure how long it takes until somebody leads again'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and not __fish_seen_subcommand_from check show watch failover prune" -a "prune" -d 'Delete Leases that nobody can need any more, each with its proof'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -s l -l selector -d 'Only Leases with these labels' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l kind -d 'Only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l max-lag -d 'A renewal may be this long ago, whatever the Lease\'s duration' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l max-gap -d 'There may be no leader for this long before that is a finding' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l require -d 'Leases that must exist and be held, as NAME or NAMESPACE/NAME' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -s l -l selector -d 'Only Leases with these labels' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l kind -d 'Only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l for -d 'Stop after this long' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l until -d 'Stop when this has come true; exit code 4 where --for ends first' -r -f -a "holder-changed\t'One of the Leases has another holder'
all-held\t'All Leases are held'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l watch-renewals -d 'Print a line for each renewal too'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l lines -d 'Print lines on a terminal too, instead of a table that refreshes'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from watch" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l timeout -d 'Give up when nobody leads after this long; what was written is then taken back' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l dry-run -d 'Show who leads, who could take over and what would be done, and change nothing'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l force -d 'Go on even where no other candidate is known'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from failover" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -s l -l selector -d 'Only Leases with these labels' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l kind -d 'Only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l older-than -d 'Elections must have been without a living leader for this long' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l dry-run -d 'Show what would be deleted, and why, and change nothing'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand leases; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l image -d 'Track images of this name that the catalogue does not know; * stands for anything' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l sort-by -d 'Sort the rows, ascending and unknown last; by namespace unless --target asks for an order' -r -f -a "namespace\t'Namespace, then name'
name\t'Name'
behind\t'How far behind'
eol\t'When the branch ends, or upstream gave it up'
cves\t'How many known vulnerabilities'
managed-by\t'Who manages it'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l max-age -d 'Until which age an answer from the cache will do' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l deadline -d 'How long to wait for one source; chart indexes get six times as long' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l registry-mirror -d 'Ask for what is published at FROM (a host, perhaps with a path) at TO instead; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l catalogue -d 'A directory with files that add to the catalogue or override it; may be repeated' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -s A -l all-namespaces -d 'Look in all namespaces, which is the default unless -n is given'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l offline -d 'Ask nobody, and answer from the cache'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l refresh -d 'Ask again, however young the cache is'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "outdated" -d 'Show only the add-ons that need attention'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "show" -d 'Show all facts of one add-on, with their sources'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "skew" -d 'Compare control plane, kubelets and kube-proxy by the version skew policy'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "catalogue" -d 'Show what is known of add-ons, and where it is known from'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l target -d 'Judge for an upgrade to this version of Kubernetes' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l image -d 'Track images of this name that the catalogue does not know; * stands for anything' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l sort-by -d 'Sort the rows, ascending and unknown last; by namespace unless --target asks for an order' -r -f -a "namespace\t'Namespace, then name'
name\t'Name'
behind\t'How far behind'
eol\t'When the branch ends, or upstream gave it up'
cves\t'How many known vulnerabilities'
managed-by\t'Who manages it'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l max-age -d 'Until which age an answer from the cache will do' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l deadline -d 'How long to wait for one source; chart indexes get six times as long' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l registry-mirror -d 'Ask for what is published at FROM (a host, perhaps with a path) at TO instead; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l catalogue -d 'A directory with files that add to the catalogue or override it; may be repeated' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l exit-code -d 'Exit with 3 if anything needs attention'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -s A -l all-namespaces -d 'Look in all namespaces, which is the default unless -n is given'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l offline -d 'Ask nobody, and answer from the cache'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l refresh -d 'Ask again, however young the cache is'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from outdated" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l image -d 'Track images of this name that the catalogue does not know; * stands for anything' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l sort-by -d 'Sort the rows, ascending and unknown last; by namespace unless --target asks for an order' -r -f -a "namespace\t'Namespace, then name'
name\t'Name'
behind\t'How far behind'
eol\t'When the branch ends, or upstream gave it up'
cves\t'How many known vulnerabilities'
managed-by\t'Who manages it'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l max-age -d 'Until which age an answer from the cache will do' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l deadline -d 'How long to wait for one source; chart indexes get six times as long' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l registry-mirror -d 'Ask for what is published at FROM (a host, perhaps with a path) at TO instead; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l catalogue -d 'A directory with files that add to the catalogue or override it; may be repeated' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -s A -l all-namespaces -d 'Look in all namespaces, which is the default unless -n is given'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l offline -d 'Ask nobody, and answer from the cache'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l refresh -d 'Ask again, however young the cache is'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l target -d 'Judge for an upgrade to this version of Kubernetes' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l exit-code -d 'Exit with 3 if anything is unsupported'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from skew" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from catalogue" -l catalogue -d 'A directory with files that add to the catalogue or override it; may be repeated' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from catalogue" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from catalogue" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from catalogue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from catalogue" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from help" -f -a "outdated" -d 'Show only the add-ons that need attention'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show all facts of one add-on, with their sources'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from help" -f -a "skew" -d 'Compare control plane, kubelets and kube-proxy by the version skew policy'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from help" -f -a "catalogue" -d 'Show what is known of add-ons, and where it is known from'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand addons; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -s l -l selector -d 'Drain the nodes with these labels' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l ignore-daemonsets -d 'Leave DaemonSet-managed pods where they are' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l delete-emptydir-data -d 'Go on where pods use emptyDir; its data is lost' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l force -d 'Go on where pods have no controller that makes them anew' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l grace-period -d 'Seconds each pod gets to end; negative means its own grace period' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l timeout -d 'Give up after this long; 0 means never' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l pod-selector -d 'Touch only pods with these labels' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l disable-eviction -d 'Delete instead of evicting; no disruption budget is asked' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l skip-wait-for-delete-timeout -d 'Do not wait for pods whose deletion is more than this many seconds overdue; 0 waits for all' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l dry-run -d 'Show the plan and change nothing; server has the API server check each step too' -r -f -a "none\t'Drain'
client\t'Only the plan'
server\t'The plan, and each request as a dry run'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l chunk-size -d 'Accepted for kubectl\'s sake; lists come whole from the API server\'s cache' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l reason -d 'Note on the node why it is drained' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l max-parallel -d 'Nodes drained at the same time; 0 means all' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l deadline-delete -d 'Delete pods whose eviction is still refused after this long' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l snapshot -d 'With --dry-run, plan from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -s y -l yes -d 'Do not ask before the drain'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l proceed-anyway -d 'Drain even where the plan says that it cannot be finished'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l once -d 'Try each pod once; what a budget refuses stays'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l surge -d 'Replace the only pod of a Deployment before it goes, by a rolling restart'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l wait-replacements -d 'End only when each affected workload has its ready pods back'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l wait-detach -d 'End only when the volumes of the evicted pods are detached'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l undo-on-failure -d 'Uncordon what this run cordoned, if it fails or is interrupted'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l no-placement -d 'Leave out where the evicted pods would fit; large clusters are then read faster'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -a "status" -d 'Show what a drain left: who cordoned the node and why, which pods remain and why'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -a "undo" -d 'Take back the cordon that a drain by this plugin set'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and not __fish_seen_subcommand_from status undo help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from undo" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show what a drain left: who cordoned the node and why, which pods remain and why'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from help" -f -a "undo" -d 'Take back the cordon that a drain by this plugin set'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand drain-node; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l engine -d 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler' -r -f -a "auto\t'Karpenter if there are instance types, else Cluster Autoscaler'
cluster-autoscaler\t'Cluster Autoscaler 1.36'
karpenter\t'Karpenter 1.14'
both\t'Both, side by side, with cost'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l instance-types -d 'What Karpenter may launch: a JSON list in the form of its kwok provider' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l prices -d 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l node-groups -d 'Node groups from a YAML file; otherwise from the autoscaler\'s status and flags, its debugging snapshot, or nodes\' labels' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l debugging-snapshot -d 'Templates of new nodes from what the autoscaler\'s /snapshotz wrote' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l autoscaler-namespace -d 'The namespace that the autoscaler runs in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l set -d 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -s f -l filename -d 'Assume that this manifest is applied; - for standard input; may be repeated' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l scale -d 'Assume so many replicas; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l remove-node -d 'Assume that this node is gone; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -s o -l output -d 'Output format' -r -f -a "table\t'A summary for people'
wide\t'The summary with every group and pod'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the pods that stay pending; of down, the nodes that are unneeded'
html\t'One self-contained page'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l until-stable -d 'Play loop after loop until nothing changes, as a timeline'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l consolidation -d 'Also what Karpenter\'s consolidation would take away or replace'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l hpa-max -d 'Assume every HPA at its maximum'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l no-headers -d 'Leave out the tables\' header lines'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -l exit-code -d 'Exit with 3 when pods stay unschedulable'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -f -a "add" -d 'Show which pods more nodes would help; needs no autoscaler'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -f -a "why" -d 'Show why a pod stays pending, and the smallest change that would free it'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -f -a "down" -d 'Show which nodes a scale-down would remove, when, and what keeps the others'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and not __fish_seen_subcommand_from add why down help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l like -d 'The new nodes are like this one' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l shape -d 'The new nodes have this for pods: cpu=8,memory=32Gi,label=KEY=VALUE,taint=KEY=VALUE:EFFECT' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l engine -d 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler' -r -f -a "auto\t'Karpenter if there are instance types, else Cluster Autoscaler'
cluster-autoscaler\t'Cluster Autoscaler 1.36'
karpenter\t'Karpenter 1.14'
both\t'Both, side by side, with cost'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l instance-types -d 'What Karpenter may launch: a JSON list in the form of its kwok provider' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l prices -d 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l node-groups -d 'Node groups from a YAML file; otherwise from the autoscaler\'s status and flags, its debugging snapshot, or nodes\' labels' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l debugging-snapshot -d 'Templates of new nodes from what the autoscaler\'s /snapshotz wrote' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l autoscaler-namespace -d 'The namespace that the autoscaler runs in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l set -d 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -s f -l filename -d 'Assume that this manifest is applied; - for standard input; may be repeated' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l scale -d 'Assume so many replicas; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l remove-node -d 'Assume that this node is gone; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format' -r -f -a "table\t'A summary for people'
wide\t'The summary with every group and pod'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the pods that stay pending; of down, the nodes that are unneeded'
html\t'One self-contained page'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l until-stable -d 'Play loop after loop until nothing changes, as a timeline'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l consolidation -d 'Also what Karpenter\'s consolidation would take away or replace'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l hpa-max -d 'Assume every HPA at its maximum'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l no-headers -d 'Leave out the tables\' header lines'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -l exit-code -d 'Exit with 3 when pods stay unschedulable'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l engine -d 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler' -r -f -a "auto\t'Karpenter if there are instance types, else Cluster Autoscaler'
cluster-autoscaler\t'Cluster Autoscaler 1.36'
karpenter\t'Karpenter 1.14'
both\t'Both, side by side, with cost'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l instance-types -d 'What Karpenter may launch: a JSON list in the form of its kwok provider' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l prices -d 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l node-groups -d 'Node groups from a YAML file; otherwise from the autoscaler\'s status and flags, its debugging snapshot, or nodes\' labels' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l debugging-snapshot -d 'Templates of new nodes from what the autoscaler\'s /snapshotz wrote' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l autoscaler-namespace -d 'The namespace that the autoscaler runs in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l set -d 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -s f -l filename -d 'Assume that this manifest is applied; - for standard input; may be repeated' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l scale -d 'Assume so many replicas; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l remove-node -d 'Assume that this node is gone; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -s o -l output -d 'Output format' -r -f -a "table\t'A summary for people'
wide\t'The summary with every group and pod'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the pods that stay pending; of down, the nodes that are unneeded'
html\t'One self-contained page'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l until-stable -d 'Play loop after loop until nothing changes, as a timeline'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l consolidation -d 'Also what Karpenter\'s consolidation would take away or replace'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l hpa-max -d 'Assume every HPA at its maximum'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l no-headers -d 'Leave out the tables\' header lines'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -l exit-code -d 'Exit with 3 when pods stay unschedulable'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from why" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l engine -d 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler' -r -f -a "auto\t'Karpenter if there are instance types, else Cluster Autoscaler'
cluster-autoscaler\t'Cluster Autoscaler 1.36'
karpenter\t'Karpenter 1.14'
both\t'Both, side by side, with cost'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l instance-types -d 'What Karpenter may launch: a JSON list in the form of its kwok provider' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l prices -d 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l node-groups -d 'Node groups from a YAML file; otherwise from the autoscaler\'s status and flags, its debugging snapshot, or nodes\' labels' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l debugging-snapshot -d 'Templates of new nodes from what the autoscaler\'s /snapshotz wrote' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l autoscaler-namespace -d 'The namespace that the autoscaler runs in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l set -d 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -s f -l filename -d 'Assume that this manifest is applied; - for standard input; may be repeated' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l scale -d 'Assume so many replicas; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l remove-node -d 'Assume that this node is gone; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -s o -l output -d 'Output format' -r -f -a "table\t'A summary for people'
wide\t'The summary with every group and pod'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the pods that stay pending; of down, the nodes that are unneeded'
html\t'One self-contained page'"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l as -d 'Username to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l until-stable -d 'Play loop after loop until nothing changes, as a timeline'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l consolidation -d 'Also what Karpenter\'s consolidation would take away or replace'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l hpa-max -d 'Assume every HPA at its maximum'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l no-headers -d 'Leave out the tables\' header lines'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -l exit-code -d 'Exit with 3 when pods stay unschedulable'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from down" -s V -l version -d 'Print version'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from help" -f -a "add" -d 'Show which pods more nodes would help; needs no autoscaler'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from help" -f -a "why" -d 'Show why a pod stays pending, and the smallest change that would free it'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from help" -f -a "down" -d 'Show which nodes a scale-down would remove, when, and what keeps the others'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand autoscale-sim; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
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
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "leases" -d 'Show who leads, since when, and how late the renewal is'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "addons" -d 'Show which add-ons run here, what fits this cluster, and what is new upstream'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "drain-node" -d 'Show what a drain will do, then do it: fast, exact, undoable'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "autoscale-sim" -d 'Show what Cluster Autoscaler would do about pending pods, and why'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "snapshot" -d 'Record the cluster in a file that every plugin answers from; holds no secrets'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "install" -d 'Lay the links by which kubectl finds the plugins and completes their words'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "completion" -d 'Print a completion script for the binaries called without kubectl'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "man" -d 'Write a manual page for each command'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "demo" -d 'Show what the plugins say of a recorded cluster; needs no cluster'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and not __fish_seen_subcommand_from leases addons drain-node autoscale-sim snapshot install completion man demo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from leases" -f -a "check" -d 'Check that all is well: nothing late, expired or without a leader'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from leases" -f -a "show" -d 'Show all that is known of one Lease'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from leases" -f -a "watch" -d 'Watch, remember, and sum up: renewals, changes of holder, time without a leader'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from leases" -f -a "failover" -d 'Take leadership away and measure how long it takes until somebody leads again'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from leases" -f -a "prune" -d 'Delete Leases that nobody can need any more, each with its proof'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from addons" -f -a "outdated" -d 'Show only the add-ons that need attention'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from addons" -f -a "show" -d 'Show all facts of one add-on, with their sources'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from addons" -f -a "skew" -d 'Compare control plane, kubelets and kube-proxy by the version skew policy'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from addons" -f -a "catalogue" -d 'Show what is known of add-ons, and where it is known from'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from drain-node" -f -a "status" -d 'Show what a drain left: who cordoned the node and why, which pods remain and why'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from drain-node" -f -a "undo" -d 'Take back the cordon that a drain by this plugin set'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from autoscale-sim" -f -a "add" -d 'Show which pods more nodes would help; needs no autoscaler'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from autoscale-sim" -f -a "why" -d 'Show why a pod stays pending, and the smallest change that would free it'
complete -c kubectl-day2 -n "__fish_kubectl_day2_using_subcommand help; and __fish_seen_subcommand_from autoscale-sim" -f -a "down" -d 'Show which nodes a scale-down would remove, when, and what keeps the others'
