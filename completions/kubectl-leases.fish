# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_leases_global_optspecs
    string join \n A/all-namespaces l/selector= kind= sort-by= w/watch watch-renewals snapshot= kubeconfig= context= cluster= user= n/namespace= as= as-group= as-uid= as-user-extra= s/server= token= certificate-authority= insecure-skip-tls-verify= tls-server-name= client-certificate= client-key= request-timeout= cache-dir= disable-compression= o/output= no-headers h/help
end

function __fish_kubectl_leases_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_leases_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_leases_using_subcommand
    set -l cmd (__fish_kubectl_leases_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -s l -l selector -d 'Only Leases with these labels' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l kind -d 'Only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l sort-by -d 'Sort by this column, ascending; unknown values come last' -r -f -a "lag\t'Time since the last renewal'
age\t'Time since the Lease was made'
name\t'Namespace and name'
held\t'Time since the holder took it'
transitions\t'How often another identity took over'"
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l as -d 'Username to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -s w -l watch -d 'Go on and print a line for each change of holder or state'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l watch-renewals -d 'With --watch, print a line for each renewal too'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -a "check" -d 'Check that all is well: nothing late, expired or without a leader'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -a "show" -d 'Show all that is known of one Lease'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -a "watch" -d 'Watch, remember, and sum up: renewals, changes of holder, time without a leader'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -a "failover" -d 'Take leadership away and measure how long it takes until somebody leads again'
complete -c kubectl-leases -n "__fish_kubectl_leases_needs_command" -a "prune" -d 'Delete Leases that nobody can need any more, each with its proof'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -s l -l selector -d 'Only Leases with these labels' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l kind -d 'Only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l max-lag -d 'A renewal may be this long ago, whatever the Lease\'s duration' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l max-gap -d 'There may be no leader for this long before that is a finding' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l require -d 'Leases that must exist and be held, as NAME or NAMESPACE/NAME' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l as -d 'Username to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l as -d 'Username to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -s l -l selector -d 'Only Leases with these labels' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l kind -d 'Only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l for -d 'Stop after this long' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l until -d 'Stop when this has come true; exit code 4 where --for ends first' -r -f -a "holder-changed\t'One of the Leases has another holder'
all-held\t'All Leases are held'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l as -d 'Username to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l watch-renewals -d 'Print a line for each renewal too'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l lines -d 'Print lines on a terminal too, instead of a table that refreshes'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l timeout -d 'Give up when nobody leads after this long; what was written is then taken back' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l as -d 'Username to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l dry-run -d 'Show who leads, who could take over and what would be done, and change nothing'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l force -d 'Go on even where no other candidate is known'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand failover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -s l -l selector -d 'Only Leases with these labels' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l kind -d 'Only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l older-than -d 'Elections must have been without a living leader for this long' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l as -d 'Username to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l dry-run -d 'Show what would be deleted, and why, and change nothing'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -s y -l yes -d 'Do not ask; needed where there is no terminal'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-leases -n "__fish_kubectl_leases_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
