# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_drain_node_global_optspecs
    string join \n l/selector= ignore-daemonsets= delete-emptydir-data= force= grace-period= timeout= pod-selector= disable-eviction= skip-wait-for-delete-timeout= dry-run= chunk-size= y/yes proceed-anyway reason= max-parallel= once deadline-delete= surge wait-replacements wait-detach undo-on-failure snapshot= no-placement o/output= no-headers kubeconfig= context= cluster= user= n/namespace= as= as-group= as-uid= as-user-extra= s/server= token= certificate-authority= insecure-skip-tls-verify= tls-server-name= client-certificate= client-key= request-timeout= cache-dir= disable-compression= h/help
end

function __fish_kubectl_drain_node_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_drain_node_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_drain_node_using_subcommand
    set -l cmd (__fish_kubectl_drain_node_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -s l -l selector -d 'Drain the nodes with these labels' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l ignore-daemonsets -d 'Leave DaemonSet-managed pods where they are' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l delete-emptydir-data -d 'Go on where pods use emptyDir; its data is lost' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l force -d 'Go on where pods have no controller that makes them anew' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l grace-period -d 'Seconds each pod gets to end; negative means its own grace period' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l timeout -d 'Give up after this long; 0 means never' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l pod-selector -d 'Touch only pods with these labels' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l disable-eviction -d 'Delete instead of evicting; no disruption budget is asked' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l skip-wait-for-delete-timeout -d 'Do not wait for pods whose deletion is more than this many seconds overdue; 0 waits for all' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l dry-run -d 'Show the plan and change nothing; server has the API server check each step too' -r -f -a "none\t'Drain'
client\t'Only the plan'
server\t'The plan, and each request as a dry run'"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l chunk-size -d 'Accepted for kubectl\'s sake; lists come whole from the API server\'s cache' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l reason -d 'Note on the node why it is drained' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l max-parallel -d 'Nodes drained at the same time; 0 means all' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l deadline-delete -d 'Delete pods whose eviction is still refused after this long' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l snapshot -d 'With --dry-run, plan from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l as -d 'Username to impersonate' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -s y -l yes -d 'Do not ask before the drain'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l proceed-anyway -d 'Drain even where the plan says that it cannot be finished'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l once -d 'Try each pod once; what a budget refuses stays'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l surge -d 'Replace the only pod of a Deployment before it goes, by a rolling restart'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l wait-replacements -d 'End only when each affected workload has its ready pods back'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l wait-detach -d 'End only when the volumes of the evicted pods are detached'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l undo-on-failure -d 'Uncordon what this run cordoned, if it fails or is interrupted'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l no-placement -d 'Leave out where the evicted pods would fit; large clusters are then read faster'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -a "status" -d 'Show what a drain left: who cordoned the node and why, which pods remain and why'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -a "undo" -d 'Take back the cordon that a drain by this plugin set'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l as -d 'Username to impersonate' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l as -d 'Username to impersonate' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand help; and not __fish_seen_subcommand_from status undo help" -f -a "status" -d 'Show what a drain left: who cordoned the node and why, which pods remain and why'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand help; and not __fish_seen_subcommand_from status undo help" -f -a "undo" -d 'Take back the cordon that a drain by this plugin set'
complete -c kubectl-drain_node -n "__fish_kubectl_drain_node_using_subcommand help; and not __fish_seen_subcommand_from status undo help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
