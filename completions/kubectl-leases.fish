complete -c kubectl-leases -s l -l selector -d 'Show only Leases with these labels' -r
complete -c kubectl-leases -l kind -d 'Show only Leases of this kind' -r -f -a "election\t'Leader elections'
node\t'Node heartbeats'
apiserver\t'API server identities'
all\t'All of them'"
complete -c kubectl-leases -l sort-by -d 'Sort by this column, ascending; unknown values come last' -r -f -a "lag\t'Time since the last renewal'
age\t'Time since the Lease was made'
name\t'Namespace and name'
held\t'Time since the holder took it'
transitions\t'How often another identity took over'"
complete -c kubectl-leases -l snapshot -d 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input' -r -F
complete -c kubectl-leases -s o -l output -d 'Output format' -r -f -a "table\t'A table for people'
wide\t'The table with all columns'
json\t'The report as JSON'
yaml\t'The report as YAML'
name\t'Just the names, one a line'"
complete -c kubectl-leases -l kubeconfig -d 'Path to the kubeconfig file to use' -r -F
complete -c kubectl-leases -l context -d 'Name of the kubeconfig context to use' -r
complete -c kubectl-leases -l cluster -d 'Name of the kubeconfig cluster to use' -r
complete -c kubectl-leases -l user -d 'Name of the kubeconfig user to use' -r
complete -c kubectl-leases -s n -l namespace -d 'Namespace to ask in' -r
complete -c kubectl-leases -l as -d 'Username to impersonate' -r
complete -c kubectl-leases -l as-group -d 'Group to impersonate; may be repeated' -r
complete -c kubectl-leases -l as-uid -d 'UID to impersonate' -r
complete -c kubectl-leases -l as-user-extra -d 'Extra user field to impersonate; may be repeated' -r
complete -c kubectl-leases -s s -l server -d 'Address and port of the Kubernetes API server' -r
complete -c kubectl-leases -l token -d 'Bearer token for authentication to the API server' -r
complete -c kubectl-leases -l certificate-authority -d 'Path to a certificate file for the certificate authority' -r -F
complete -c kubectl-leases -l insecure-skip-tls-verify -d 'Do not check the server\'s certificate; the connection is then insecure' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -l tls-server-name -d 'Server name to use for server certificate validation' -r
complete -c kubectl-leases -l client-certificate -d 'Path to a client certificate file for TLS' -r -F
complete -c kubectl-leases -l client-key -d 'Path to a client key file for TLS' -r -F
complete -c kubectl-leases -l request-timeout -d 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end' -r
complete -c kubectl-leases -l cache-dir -d 'Accepted for kubectl\'s sake; nothing is cached' -r -F
complete -c kubectl-leases -l disable-compression -d 'Do not ask the server for compressed responses' -r -f -a "true\t''
false\t''"
complete -c kubectl-leases -s A -l all-namespaces -d 'Look in all namespaces'
complete -c kubectl-leases -s w -l watch -d 'Go on and print a line for each change of holder or state'
complete -c kubectl-leases -l watch-renewals -d 'With --watch, print a line for each renewal too'
complete -c kubectl-leases -l no-headers -d 'Leave out the table\'s header line'
complete -c kubectl-leases -s h -l help -d 'Print help (see more with \'--help\')'
