# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_kubectl_addons_global_optspecs
    string join \n image= A/all-namespaces sort-by= snapshot= kubeconfig= context= cluster= user= n/namespace= as= as-group= as-uid= as-user-extra= s/server= token= certificate-authority= insecure-skip-tls-verify= tls-server-name= client-certificate= client-key= request-timeout= cache-dir= disable-compression= offline refresh max-age= deadline= registry-mirror= catalogue= o/output= no-headers h/help
end

function __fish_kubectl_addons_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_kubectl_addons_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_kubectl_addons_using_subcommand
    set -l cmd (__fish_kubectl_addons_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l image -d 'Track images of this name that the catalogue does not know; * stands for anything' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l sort-by -d 'Sort the rows, ascending and unknown last; by namespace unless --target asks for an order' -r -f -a "namespace\t'Namespace, then name'
name\t'Name'
behind\t'How far behind'
eol\t'When the branch ends, or upstream gave it up'
cves\t'How many known vulnerabilities'
managed-by\t'Who manages it'"
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l as -d 'Username to impersonate' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l max-age -d 'Until which age an answer from the cache will do' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l deadline -d 'How long to wait for one source; chart indexes get six times as long' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l registry-mirror -d 'Ask for what is published at FROM (a host, perhaps with a path) at TO instead; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l catalogue -d 'A directory with files that add to the catalogue or override it; may be repeated' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -s A -l all-namespaces -d 'Look in all namespaces, which is the default unless -n is given'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l offline -d 'Ask nobody, and answer from the cache'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l refresh -d 'Ask again, however young the cache is'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -f -a "outdated" -d 'Show only the add-ons that need attention'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -f -a "show" -d 'Show all facts of one add-on, with their sources'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -f -a "skew" -d 'Compare control plane, kubelets and kube-proxy by the version skew policy'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -f -a "catalogue" -d 'Show what is known of add-ons, and where it is known from'
complete -c kubectl-addons -n "__fish_kubectl_addons_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l target -d 'Judge for an upgrade to this version of Kubernetes' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l image -d 'Track images of this name that the catalogue does not know; * stands for anything' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l sort-by -d 'Sort the rows, ascending and unknown last; by namespace unless --target asks for an order' -r -f -a "namespace\t'Namespace, then name'
name\t'Name'
behind\t'How far behind'
eol\t'When the branch ends, or upstream gave it up'
cves\t'How many known vulnerabilities'
managed-by\t'Who manages it'"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l as -d 'Username to impersonate' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l max-age -d 'Until which age an answer from the cache will do' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l deadline -d 'How long to wait for one source; chart indexes get six times as long' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l registry-mirror -d 'Ask for what is published at FROM (a host, perhaps with a path) at TO instead; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l catalogue -d 'A directory with files that add to the catalogue or override it; may be repeated' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l exit-code -d 'Exit with 3 if anything needs attention'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -s A -l all-namespaces -d 'Look in all namespaces, which is the default unless -n is given'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l offline -d 'Ask nobody, and answer from the cache'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l refresh -d 'Ask again, however young the cache is'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand outdated" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l image -d 'Track images of this name that the catalogue does not know; * stands for anything' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l sort-by -d 'Sort the rows, ascending and unknown last; by namespace unless --target asks for an order' -r -f -a "namespace\t'Namespace, then name'
name\t'Name'
behind\t'How far behind'
eol\t'When the branch ends, or upstream gave it up'
cves\t'How many known vulnerabilities'
managed-by\t'Who manages it'"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l as -d 'Username to impersonate' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l max-age -d 'Until which age an answer from the cache will do' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l deadline -d 'How long to wait for one source; chart indexes get six times as long' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l registry-mirror -d 'Ask for what is published at FROM (a host, perhaps with a path) at TO instead; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l catalogue -d 'A directory with files that add to the catalogue or override it; may be repeated' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -s A -l all-namespaces -d 'Look in all namespaces, which is the default unless -n is given'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l offline -d 'Ask nobody, and answer from the cache'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l refresh -d 'Ask again, however young the cache is'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l target -d 'Judge for an upgrade to this version of Kubernetes' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l as -d 'Username to impersonate' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l exit-code -d 'Exit with 3 if anything is unsupported'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand skew" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand catalogue" -l catalogue -d 'A directory with files that add to the catalogue or override it; may be repeated' -r -F
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand catalogue" -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'
markdown\t'A table for a ticket or a wiki'"
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand catalogue" -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand catalogue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand help; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "outdated" -d 'Show only the add-ons that need attention'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand help; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "show" -d 'Show all facts of one add-on, with their sources'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand help; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "skew" -d 'Compare control plane, kubelets and kube-proxy by the version skew policy'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand help; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "catalogue" -d 'Show what is known of add-ons, and where it is known from'
complete -c kubectl-addons -n "__fish_kubectl_addons_using_subcommand help; and not __fish_seen_subcommand_from outdated show skew catalogue help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
