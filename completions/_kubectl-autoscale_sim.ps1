
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'kubectl-autoscale_sim' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'kubectl-autoscale_sim'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'kubectl-autoscale_sim' {
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input')
            [CompletionResult]::new('--engine', '--engine', [CompletionResultType]::ParameterName, 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler')
            [CompletionResult]::new('--instance-types', '--instance-types', [CompletionResultType]::ParameterName, 'What Karpenter may launch: a JSON list in the form of its kwok provider')
            [CompletionResult]::new('--prices', '--prices', [CompletionResultType]::ParameterName, 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any')
            [CompletionResult]::new('--node-groups', '--node-groups', [CompletionResultType]::ParameterName, 'Node groups from a YAML file; otherwise from the autoscaler''s status and flags, its debugging snapshot, or nodes'' labels')
            [CompletionResult]::new('--debugging-snapshot', '--debugging-snapshot', [CompletionResultType]::ParameterName, 'Templates of new nodes from what the autoscaler''s /snapshotz wrote')
            [CompletionResult]::new('--autoscaler-namespace', '--autoscaler-namespace', [CompletionResultType]::ParameterName, 'The namespace that the autoscaler runs in')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Assume that this manifest is applied; - for standard input; may be repeated')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Assume that this manifest is applied; - for standard input; may be repeated')
            [CompletionResult]::new('--scale', '--scale', [CompletionResultType]::ParameterName, 'Assume so many replicas; may be repeated')
            [CompletionResult]::new('--remove-node', '--remove-node', [CompletionResultType]::ParameterName, 'Assume that this node is gone; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Path to the kubeconfig file to use')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Name of the kubeconfig context to use')
            [CompletionResult]::new('--cluster', '--cluster', [CompletionResultType]::ParameterName, 'Name of the kubeconfig cluster to use')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Name of the kubeconfig user to use')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to ask in')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to ask in')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Username to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate; may be repeated')
            [CompletionResult]::new('--as-uid', '--as-uid', [CompletionResultType]::ParameterName, 'UID to impersonate')
            [CompletionResult]::new('--as-user-extra', '--as-user-extra', [CompletionResultType]::ParameterName, 'Extra user field to impersonate; may be repeated')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address and port of the Kubernetes API server')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address and port of the Kubernetes API server')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'Bearer token for authentication to the API server')
            [CompletionResult]::new('--certificate-authority', '--certificate-authority', [CompletionResultType]::ParameterName, 'Path to a certificate file for the certificate authority')
            [CompletionResult]::new('--insecure-skip-tls-verify', '--insecure-skip-tls-verify', [CompletionResultType]::ParameterName, 'Do not check the server''s certificate; the connection is then insecure')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Server name to use for server certificate validation')
            [CompletionResult]::new('--client-certificate', '--client-certificate', [CompletionResultType]::ParameterName, 'Path to a client certificate file for TLS')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'Path to a client key file for TLS')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Accepted for kubectl''s sake; nothing is cached')
            [CompletionResult]::new('--disable-compression', '--disable-compression', [CompletionResultType]::ParameterName, 'Do not ask the server for compressed responses')
            [CompletionResult]::new('--until-stable', '--until-stable', [CompletionResultType]::ParameterName, 'Play loop after loop until nothing changes, as a timeline')
            [CompletionResult]::new('--consolidation', '--consolidation', [CompletionResultType]::ParameterName, 'Also what Karpenter''s consolidation would take away or replace')
            [CompletionResult]::new('--hpa-max', '--hpa-max', [CompletionResultType]::ParameterName, 'Assume every HPA at its maximum')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave out the tables'' header lines')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 3 when pods stay unschedulable')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Show which pods more nodes would help; needs no autoscaler')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Show why a pod stays pending, and the smallest change that would free it')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Show which nodes a scale-down would remove, when, and what keeps the others')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'kubectl-autoscale_sim;add' {
            [CompletionResult]::new('--like', '--like', [CompletionResultType]::ParameterName, 'The new nodes are like this one')
            [CompletionResult]::new('--shape', '--shape', [CompletionResultType]::ParameterName, 'The new nodes have this for pods: cpu=8,memory=32Gi,label=KEY=VALUE,taint=KEY=VALUE:EFFECT')
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input')
            [CompletionResult]::new('--engine', '--engine', [CompletionResultType]::ParameterName, 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler')
            [CompletionResult]::new('--instance-types', '--instance-types', [CompletionResultType]::ParameterName, 'What Karpenter may launch: a JSON list in the form of its kwok provider')
            [CompletionResult]::new('--prices', '--prices', [CompletionResultType]::ParameterName, 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any')
            [CompletionResult]::new('--node-groups', '--node-groups', [CompletionResultType]::ParameterName, 'Node groups from a YAML file; otherwise from the autoscaler''s status and flags, its debugging snapshot, or nodes'' labels')
            [CompletionResult]::new('--debugging-snapshot', '--debugging-snapshot', [CompletionResultType]::ParameterName, 'Templates of new nodes from what the autoscaler''s /snapshotz wrote')
            [CompletionResult]::new('--autoscaler-namespace', '--autoscaler-namespace', [CompletionResultType]::ParameterName, 'The namespace that the autoscaler runs in')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Assume that this manifest is applied; - for standard input; may be repeated')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Assume that this manifest is applied; - for standard input; may be repeated')
            [CompletionResult]::new('--scale', '--scale', [CompletionResultType]::ParameterName, 'Assume so many replicas; may be repeated')
            [CompletionResult]::new('--remove-node', '--remove-node', [CompletionResultType]::ParameterName, 'Assume that this node is gone; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Path to the kubeconfig file to use')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Name of the kubeconfig context to use')
            [CompletionResult]::new('--cluster', '--cluster', [CompletionResultType]::ParameterName, 'Name of the kubeconfig cluster to use')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Name of the kubeconfig user to use')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to ask in')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to ask in')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Username to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate; may be repeated')
            [CompletionResult]::new('--as-uid', '--as-uid', [CompletionResultType]::ParameterName, 'UID to impersonate')
            [CompletionResult]::new('--as-user-extra', '--as-user-extra', [CompletionResultType]::ParameterName, 'Extra user field to impersonate; may be repeated')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address and port of the Kubernetes API server')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address and port of the Kubernetes API server')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'Bearer token for authentication to the API server')
            [CompletionResult]::new('--certificate-authority', '--certificate-authority', [CompletionResultType]::ParameterName, 'Path to a certificate file for the certificate authority')
            [CompletionResult]::new('--insecure-skip-tls-verify', '--insecure-skip-tls-verify', [CompletionResultType]::ParameterName, 'Do not check the server''s certificate; the connection is then insecure')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Server name to use for server certificate validation')
            [CompletionResult]::new('--client-certificate', '--client-certificate', [CompletionResultType]::ParameterName, 'Path to a client certificate file for TLS')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'Path to a client key file for TLS')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Accepted for kubectl''s sake; nothing is cached')
            [CompletionResult]::new('--disable-compression', '--disable-compression', [CompletionResultType]::ParameterName, 'Do not ask the server for compressed responses')
            [CompletionResult]::new('--until-stable', '--until-stable', [CompletionResultType]::ParameterName, 'Play loop after loop until nothing changes, as a timeline')
            [CompletionResult]::new('--consolidation', '--consolidation', [CompletionResultType]::ParameterName, 'Also what Karpenter''s consolidation would take away or replace')
            [CompletionResult]::new('--hpa-max', '--hpa-max', [CompletionResultType]::ParameterName, 'Assume every HPA at its maximum')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave out the tables'' header lines')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 3 when pods stay unschedulable')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-autoscale_sim;why' {
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input')
            [CompletionResult]::new('--engine', '--engine', [CompletionResultType]::ParameterName, 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler')
            [CompletionResult]::new('--instance-types', '--instance-types', [CompletionResultType]::ParameterName, 'What Karpenter may launch: a JSON list in the form of its kwok provider')
            [CompletionResult]::new('--prices', '--prices', [CompletionResultType]::ParameterName, 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any')
            [CompletionResult]::new('--node-groups', '--node-groups', [CompletionResultType]::ParameterName, 'Node groups from a YAML file; otherwise from the autoscaler''s status and flags, its debugging snapshot, or nodes'' labels')
            [CompletionResult]::new('--debugging-snapshot', '--debugging-snapshot', [CompletionResultType]::ParameterName, 'Templates of new nodes from what the autoscaler''s /snapshotz wrote')
            [CompletionResult]::new('--autoscaler-namespace', '--autoscaler-namespace', [CompletionResultType]::ParameterName, 'The namespace that the autoscaler runs in')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Assume that this manifest is applied; - for standard input; may be repeated')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Assume that this manifest is applied; - for standard input; may be repeated')
            [CompletionResult]::new('--scale', '--scale', [CompletionResultType]::ParameterName, 'Assume so many replicas; may be repeated')
            [CompletionResult]::new('--remove-node', '--remove-node', [CompletionResultType]::ParameterName, 'Assume that this node is gone; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Path to the kubeconfig file to use')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Name of the kubeconfig context to use')
            [CompletionResult]::new('--cluster', '--cluster', [CompletionResultType]::ParameterName, 'Name of the kubeconfig cluster to use')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Name of the kubeconfig user to use')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to ask in')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to ask in')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Username to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate; may be repeated')
            [CompletionResult]::new('--as-uid', '--as-uid', [CompletionResultType]::ParameterName, 'UID to impersonate')
            [CompletionResult]::new('--as-user-extra', '--as-user-extra', [CompletionResultType]::ParameterName, 'Extra user field to impersonate; may be repeated')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address and port of the Kubernetes API server')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address and port of the Kubernetes API server')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'Bearer token for authentication to the API server')
            [CompletionResult]::new('--certificate-authority', '--certificate-authority', [CompletionResultType]::ParameterName, 'Path to a certificate file for the certificate authority')
            [CompletionResult]::new('--insecure-skip-tls-verify', '--insecure-skip-tls-verify', [CompletionResultType]::ParameterName, 'Do not check the server''s certificate; the connection is then insecure')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Server name to use for server certificate validation')
            [CompletionResult]::new('--client-certificate', '--client-certificate', [CompletionResultType]::ParameterName, 'Path to a client certificate file for TLS')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'Path to a client key file for TLS')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Accepted for kubectl''s sake; nothing is cached')
            [CompletionResult]::new('--disable-compression', '--disable-compression', [CompletionResultType]::ParameterName, 'Do not ask the server for compressed responses')
            [CompletionResult]::new('--until-stable', '--until-stable', [CompletionResultType]::ParameterName, 'Play loop after loop until nothing changes, as a timeline')
            [CompletionResult]::new('--consolidation', '--consolidation', [CompletionResultType]::ParameterName, 'Also what Karpenter''s consolidation would take away or replace')
            [CompletionResult]::new('--hpa-max', '--hpa-max', [CompletionResultType]::ParameterName, 'Assume every HPA at its maximum')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave out the tables'' header lines')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 3 when pods stay unschedulable')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-autoscale_sim;down' {
            [CompletionResult]::new('--snapshot', '--snapshot', [CompletionResultType]::ParameterName, 'Answer from a file instead of a cluster: a List as JSON or YAML, also .gz or .zst; - for standard input')
            [CompletionResult]::new('--engine', '--engine', [CompletionResultType]::ParameterName, 'The autoscaler; auto is Karpenter if there are instance types, else Cluster Autoscaler')
            [CompletionResult]::new('--instance-types', '--instance-types', [CompletionResultType]::ParameterName, 'What Karpenter may launch: a JSON list in the form of its kwok provider')
            [CompletionResult]::new('--prices', '--prices', [CompletionResultType]::ParameterName, 'Other prices for an hour: CSV lines of instance type, zone, capacity type and price; * is any')
            [CompletionResult]::new('--node-groups', '--node-groups', [CompletionResultType]::ParameterName, 'Node groups from a YAML file; otherwise from the autoscaler''s status and flags, its debugging snapshot, or nodes'' labels')
            [CompletionResult]::new('--debugging-snapshot', '--debugging-snapshot', [CompletionResultType]::ParameterName, 'Templates of new nodes from what the autoscaler''s /snapshotz wrote')
            [CompletionResult]::new('--autoscaler-namespace', '--autoscaler-namespace', [CompletionResultType]::ParameterName, 'The namespace that the autoscaler runs in')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Change one thing: a flag of the autoscaler (expander=priority), or a group (max.NAME=20, min.NAME, target.NAME, price.NAME), or what pods are worth (core-price, gib-price); may be repeated')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Assume that this manifest is applied; - for standard input; may be repeated')
            [CompletionResult]::new('--filename', '--filename', [CompletionResultType]::ParameterName, 'Assume that this manifest is applied; - for standard input; may be repeated')
            [CompletionResult]::new('--scale', '--scale', [CompletionResultType]::ParameterName, 'Assume so many replicas; may be repeated')
            [CompletionResult]::new('--remove-node', '--remove-node', [CompletionResultType]::ParameterName, 'Assume that this node is gone; may be repeated')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--kubeconfig', '--kubeconfig', [CompletionResultType]::ParameterName, 'Path to the kubeconfig file to use')
            [CompletionResult]::new('--context', '--context', [CompletionResultType]::ParameterName, 'Name of the kubeconfig context to use')
            [CompletionResult]::new('--cluster', '--cluster', [CompletionResultType]::ParameterName, 'Name of the kubeconfig cluster to use')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Name of the kubeconfig user to use')
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'Namespace to ask in')
            [CompletionResult]::new('--namespace', '--namespace', [CompletionResultType]::ParameterName, 'Namespace to ask in')
            [CompletionResult]::new('--as', '--as', [CompletionResultType]::ParameterName, 'Username to impersonate')
            [CompletionResult]::new('--as-group', '--as-group', [CompletionResultType]::ParameterName, 'Group to impersonate; may be repeated')
            [CompletionResult]::new('--as-uid', '--as-uid', [CompletionResultType]::ParameterName, 'UID to impersonate')
            [CompletionResult]::new('--as-user-extra', '--as-user-extra', [CompletionResultType]::ParameterName, 'Extra user field to impersonate; may be repeated')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'Address and port of the Kubernetes API server')
            [CompletionResult]::new('--server', '--server', [CompletionResultType]::ParameterName, 'Address and port of the Kubernetes API server')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'Bearer token for authentication to the API server')
            [CompletionResult]::new('--certificate-authority', '--certificate-authority', [CompletionResultType]::ParameterName, 'Path to a certificate file for the certificate authority')
            [CompletionResult]::new('--insecure-skip-tls-verify', '--insecure-skip-tls-verify', [CompletionResultType]::ParameterName, 'Do not check the server''s certificate; the connection is then insecure')
            [CompletionResult]::new('--tls-server-name', '--tls-server-name', [CompletionResultType]::ParameterName, 'Server name to use for server certificate validation')
            [CompletionResult]::new('--client-certificate', '--client-certificate', [CompletionResultType]::ParameterName, 'Path to a client certificate file for TLS')
            [CompletionResult]::new('--client-key', '--client-key', [CompletionResultType]::ParameterName, 'Path to a client key file for TLS')
            [CompletionResult]::new('--request-timeout', '--request-timeout', [CompletionResultType]::ParameterName, 'How long to wait for a single request, as in 1s, 2m, 3h; 0 means without end')
            [CompletionResult]::new('--cache-dir', '--cache-dir', [CompletionResultType]::ParameterName, 'Accepted for kubectl''s sake; nothing is cached')
            [CompletionResult]::new('--disable-compression', '--disable-compression', [CompletionResultType]::ParameterName, 'Do not ask the server for compressed responses')
            [CompletionResult]::new('--until-stable', '--until-stable', [CompletionResultType]::ParameterName, 'Play loop after loop until nothing changes, as a timeline')
            [CompletionResult]::new('--consolidation', '--consolidation', [CompletionResultType]::ParameterName, 'Also what Karpenter''s consolidation would take away or replace')
            [CompletionResult]::new('--hpa-max', '--hpa-max', [CompletionResultType]::ParameterName, 'Assume every HPA at its maximum')
            [CompletionResult]::new('--no-headers', '--no-headers', [CompletionResultType]::ParameterName, 'Leave out the tables'' header lines')
            [CompletionResult]::new('--exit-code', '--exit-code', [CompletionResultType]::ParameterName, 'Exit with 3 when pods stay unschedulable')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'kubectl-autoscale_sim;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Show which pods more nodes would help; needs no autoscaler')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Show why a pod stays pending, and the smallest change that would free it')
            [CompletionResult]::new('down', 'down', [CompletionResultType]::ParameterValue, 'Show which nodes a scale-down would remove, when, and what keeps the others')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'kubectl-autoscale_sim;help;add' {
            break
        }
        'kubectl-autoscale_sim;help;why' {
            break
        }
        'kubectl-autoscale_sim;help;down' {
            break
        }
        'kubectl-autoscale_sim;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
