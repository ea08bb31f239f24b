import { inNode } from './node.ts';
import type { Tools } from './tools.ts';

/** The addresses of Services, and those of the pods of the first node, which exist in that node alone. */
const services = '10.96.0.0/16';
const pods = '10.244.0.0/24';

/**
 * Packets to a Service leave the node for the network outside as long as kube-proxy has no rule for it, and packets to a pod
 * once that is gone. One in the node refuses the first, and its last route has no way for the others: whoever sent them
 * knows at once. What kube-proxy redirects, and what is for a pod that is there, does not come here.
 */
const script = [
  `ip route replace unreachable ${pods} metric 4294967295;`,
  'for chain in FORWARD OUTPUT; do',
  `iptables -C $chain -d ${services} -o eth0 -j REJECT 2>/dev/null ||`,
  `iptables -I $chain -d ${services} -o eth0 -j REJECT || exit 1;`,
  'done',
].join(' ');

/** Keeps packets to Services and pods in the node; false when the node is not there yet, or has no iptables. */
export const closeWayOut = async (tools: Tools, node: string): Promise<boolean> =>
  (await inNode(tools, node, ['sh', '-c', script])) !== undefined;
