# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_autoscale_sim_global_optspecs
    string join \n until-stable snapshot= engine= instance-types= prices= consolidation node-groups= debugging-snapshot= autoscaler-namespace= set= f/filename= scale= hpa-max remove-node= o/output= no-headers exit-code kubeconfig= context= cluster= user= n/namespace= as= as-group= as-uid= as-user-extra= s/server= token= certificate-authority= insecure-skip-tls-verify= tls-server-name= client-certificate= client-key= request-timeout= cache-dir= disable-compression= h/help
end

function __fish_kubectl_autoscale_sim_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_autoscale_sim_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_autoscale_sim_using_subcommand
    set -l cmd (__fish_kubectl_autoscale_sim_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l engine -d 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler' -r -f -a "auto\t'Karpenter if there are instance types, else Cluster Autoscaler'
cluster-autoscaler\t'Cluster Autoscaler 1.36'
karpenter\t'Karpenter 1.14'
both\t'Both, side by side, with cost'"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l instance-types -d 'What Karpenter may launch: a JSON list in the form of its kwok provider' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l prices -d 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l node-groups -d 'Node groups from a YAML file; otherwise from the autoscaler\'s status and flags, its debugging snapshot, or nodes\' labels' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l debugging-snapshot -d 'Templates of new nodes from what the autoscaler\'s /snapshotz wrote' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l autoscaler-namespace -d 'The namespace that the autoscaler runs in' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l set -d 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -s f -l filename -d 'Assume that this manifest is applied; - for standard input; may be repeated' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l scale -d 'Assume so many replicas; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l remove-node -d 'Assume that this node is gone; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -s o -l output -d 'Output format' -r -f -a "table\t'A summary for people'
wide\t'The summary with every group and pod'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the pods that stay pending; of down, the nodes that are unneeded'
html\t'One self-contained page'"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l as -d 'Username to impersonate' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l until-stable -d 'Play loop after loop until nothing changes, as a timeline'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l consolidation -d 'Also what Karpenter\'s consolidation would take away or replace'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l hpa-max -d 'Assume every HPA at its maximum'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l no-headers -d 'Leave out the tables\' header lines'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -l exit-code -d 'Exit with 3 when pods stay unschedulable'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -f -a "add" -d 'Show which pods more nodes would help; needs no autoscaler'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -f -a "why" -d 'Show why a pod stays pending, and the smallest change that would free it'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -f -a "down" -d 'Show which nodes a scale-down would remove, when, and what keeps the others'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l like -d 'The new nodes are like this one' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l shape -d 'The new nodes have this for pods: cpu=8,memory=32Gi,label=KEY=VALUE,taint=KEY=VALUE:EFFECT' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l engine -d 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler' -r -f -a "auto\t'Karpenter if there are instance types, else Cluster Autoscaler'
cluster-autoscaler\t'Cluster Autoscaler 1.36'
karpenter\t'Karpenter 1.14'
both\t'Both, side by side, with cost'"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l instance-types -d 'What Karpenter may launch: a JSON list in the form of its kwok provider' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l prices -d 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l node-groups -d 'Node groups from a YAML file; otherwise from the autoscaler\'s status and flags, its debugging snapshot, or nodes\' labels' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l debugging-snapshot -d 'Templates of new nodes from what the autoscaler\'s /snapshotz wrote' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l autoscaler-namespace -d 'The namespace that the autoscaler runs in' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l set -d 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -s f -l filename -d 'Assume that this manifest is applied; - for standard input; may be repeated' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l scale -d 'Assume so many replicas; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l remove-node -d 'Assume that this node is gone; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -s o -l output -d 'Output format' -r -f -a "table\t'A summary for people'
wide\t'The summary with every group and pod'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the pods that stay pending; of down, the nodes that are unneeded'
html\t'One self-contained page'"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l as -d 'Username to impersonate' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l until-stable -d 'Play loop after loop until nothing changes, as a timeline'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l consolidation -d 'Also what Karpenter\'s consolidation would take away or replace'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l hpa-max -d 'Assume every HPA at its maximum'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l no-headers -d 'Leave out the tables\' header lines'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -l exit-code -d 'Exit with 3 when pods stay unschedulable'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l engine -d 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler' -r -f -a "auto\t'Karpenter if there are instance types, else Cluster Autoscaler'
cluster-autoscaler\t'Cluster Autoscaler 1.36'
karpenter\t'Karpenter 1.14'
both\t'Both, side by side, with cost'"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l instance-types -d 'What Karpenter may launch: a JSON list in the form of its kwok provider' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l prices -d 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l node-groups -d 'Node groups from a YAML file; otherwise from the autoscaler\'s status and flags, its debugging snapshot, or nodes\' labels' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l debugging-snapshot -d 'Templates of new nodes from what the autoscaler\'s /snapshotz wrote' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l autoscaler-namespace -d 'The namespace that the autoscaler runs in' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l set -d 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -s f -l filename -d 'Assume that this manifest is applied; - for standard input; may be repeated' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l scale -d 'Assume so many replicas; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l remove-node -d 'Assume that this node is gone; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -s o -l output -d 'Output format' -r -f -a "table\t'A summary for people'
wide\t'The summary with every group and pod'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the pods that stay pending; of down, the nodes that are unneeded'
html\t'One self-contained page'"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l as -d 'Username to impersonate' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l until-stable -d 'Play loop after loop until nothing changes, as a timeline'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l consolidation -d 'Also what Karpenter\'s consolidation would take away or replace'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l hpa-max -d 'Assume every HPA at its maximum'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l no-headers -d 'Leave out the tables\' header lines'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -l exit-code -d 'Exit with 3 when pods stay unschedulable'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l engine -d 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler' -r -f -a "auto\t'Karpenter if there are instance types, else Cluster Autoscaler'
cluster-autoscaler\t'Cluster Autoscaler 1.36'
karpenter\t'Karpenter 1.14'
both\t'Both, side by side, with cost'"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l instance-types -d 'What Karpenter may launch: a JSON list in the form of its kwok provider' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l prices -d 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l node-groups -d 'Node groups from a YAML file; otherwise from the autoscaler\'s status and flags, its debugging snapshot, or nodes\' labels' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l debugging-snapshot -d 'Templates of new nodes from what the autoscaler\'s /snapshotz wrote' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l autoscaler-namespace -d 'The namespace that the autoscaler runs in' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l set -d 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -s f -l filename -d 'Assume that this manifest is applied; - for standard input; may be repeated' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l scale -d 'Assume so many replicas; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l remove-node -d 'Assume that this node is gone; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -s o -l output -d 'Output format' -r -f -a "table\t'A summary for people'
wide\t'The summary with every group and pod'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the pods that stay pending; of down, the nodes that are unneeded'
html\t'One self-contained page'"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l as -d 'Username to impersonate' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l until-stable -d 'Play loop after loop until nothing changes, as a timeline'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l consolidation -d 'Also what Karpenter\'s consolidation would take away or replace'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l hpa-max -d 'Assume every HPA at its maximum'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l no-headers -d 'Leave out the tables\' header lines'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -l exit-code -d 'Exit with 3 when pods stay unschedulable'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand help; and not __fish_seen_subcommand_from add why down help" -f -a "add" -d 'Show which pods more nodes would help; needs no autoscaler'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand help; and not __fish_seen_subcommand_from add why down help" -f -a "why" -d 'Show why a pod stays pending, and the smallest change that would free it'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand help; and not __fish_seen_subcommand_from add why down help" -f -a "down" -d 'Show which nodes a scale-down would remove, when, and what keeps the others'
complete -c kubectl-autoscale_sim -n "__fish_kubectl_autoscale_sim_using_subcommand help; and not __fish_seen_subcommand_from add why down help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
