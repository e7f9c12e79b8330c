// Examples at the end of each command's help, as somebody would type them. A test holds that there is one for every command, and that the
// program takes each.
interface Example {
  readonly line: string
  readonly what: string
}

/** By command, as it is typed. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  'm2m apply': [
    { line: 'm2m apply clients.yaml --dry-run', what: 'what would be done' },
    { line: 'm2m apply clients.yaml', what: 'apply it, once confirmed' },
    { line: 'm2m apply - --yes < clients.yaml', what: 'from a pipeline' },
  ],
  'm2m adopt': [
    {
      line: 'm2m adopt billing --client-id m2m-client-live-1 --from-secret legacy/billing',
      what: 'its value is in another secret',
    },
    { line: 'm2m adopt billing --client-id m2m-client-live-1', what: 'asks for the value' },
    { line: 'm2m adopt billing --client-id m2m-client-live-1 --rotate', what: 'the value is lost' },
    {
      line: 'm2m adopt portal --client-id connected-app-live-1',
      what: 'a Connected App, or a SCIM connection by its two ids',
    },
    {
      line: 'm2m adopt billing --in-place --secret legacy/billing --field client_secret=stytchSecret',
      what: 'its secret stays where it is',
    },
    { line: 'm2m adopt --csv old.csv', what: 'many clients' },
  ],
  'm2m readers': [
    { line: 'm2m readers legacy/billing', what: 'who is admitted, and who was seen' },
    {
      line: 'm2m readers legacy/billing --close --reader arn:aws:iam::111111111111:role/invoices',
      what: 'deny reading to everybody else',
    },
  ],
  'm2m claims': [
    { line: 'm2m claims --check', what: 'which Connected Apps and SCIM connections are held by which secret' },
    { line: 'm2m claims --write', what: 'as break-glass, after an upgrade: what values prove' },
    { line: 'm2m claims --write portal', what: 'the one of several that consumers read' },
  ],
  'm2m list': [
    { line: 'm2m list', what: 'all of them' },
    { line: 'm2m list --state overlap', what: 'those whose old value is still accepted' },
    { line: 'm2m list --tag team=payments --json', what: 'for machines' },
    { line: 'm2m list --state rotating --watch', what: 'repeat until Ctrl-C' },
  ],
  'm2m status': [
    { line: 'm2m status', what: 'the stage at a glance' },
    { line: 'm2m status billing', what: 'one client' },
    { line: 'm2m status billing --watch --interval 10', what: 'repeat every ten seconds' },
    { line: 'm2m status billing --read', what: 'also read its values, for its position' },
  ],
  'm2m rotate': [
    { line: 'm2m rotate billing --wait', what: 'one, and wait for the result' },
    { line: 'm2m rotate --tag team=payments --dry-run', what: 'which clients that would be' },
  ],
  'm2m settle': [{ line: 'm2m settle billing --wait', what: 'the old value is refused from now on' }],
  'm2m rollback': [{ line: 'm2m rollback billing --wait', what: 'the previous value becomes current again' }],
  'm2m hold': [
    { line: 'm2m hold billing', what: 'no planned rotation or settle' },
    { line: 'm2m release billing', what: 'until it is released' },
  ],
  'm2m release': [{ line: 'm2m release billing', what: 'the next sweep does what is due' }],
  'm2m freeze': [
    { line: 'm2m freeze', what: 'whether it is frozen' },
    { line: 'm2m freeze planned', what: 'no planned rotation begins' },
    { line: 'm2m freeze off', what: 'planned rotations start again' },
  ],
  'm2m campaign': [{ line: 'm2m campaign list', what: 'the newest campaigns' }],
  'm2m campaign list': [{ line: 'm2m campaign list', what: 'the newest, and how far they are' }],
  'm2m campaign show': [{ line: 'm2m campaign show schedule-2026-11-03T02:00:00Z', what: 'show one, and its report' }],
  'm2m campaign pause': [
    { line: 'm2m campaign pause payments-1 --reason "Change 4711"', what: 'start no more rotations' },
  ],
  'm2m campaign resume': [{ line: 'm2m campaign resume payments-1', what: 'continue' }],
  'm2m campaign stop': [
    { line: 'm2m campaign stop payments-1 --reason "Change 4711"', what: 'stop it, and report what it did' },
  ],
  'm2m campaign repeat': [
    { line: 'm2m campaign repeat payments-1 --dry-run', what: 'show its input' },
    { line: 'm2m campaign repeat payments-1', what: 'retry what is not done' },
  ],
  'm2m incident': [
    { line: 'm2m incident billing --reason "pasted into a ticket" --wait', what: 'one client, and the report' },
    { line: 'm2m incident --leaked-value-stdin --wait < leaked.txt', what: 'whose is it?' },
    {
      line: 'm2m incident --tag team=payments --grace 15m --yes',
      what: 'many; consumers have a quarter of an hour',
    },
    { line: 'm2m incident billing --reason "pasted into a ticket" --new --wait', what: 'it leaked again' },
    { line: 'm2m incident billing --direct', what: 'when the bus or the incident function is down' },
  ],
  'm2m incident show': [{ line: 'm2m incident show INC-42', what: 'for the auditor' }],
  'm2m incident prove': [
    { line: 'm2m incident prove billing', what: 'with the key that KMS holds' },
    { line: 'm2m incident prove billing --public-key proofs.pem', what: 'with a key that you kept' },
    { line: 'm2m incident prove billing --again', what: 'try the revoked values at Stytch now' },
  ],
  'm2m incident follow': [
    { line: 'm2m incident follow INC-2026-11-29-1a2b3c4d', what: 'to its end, with the result of each client' },
    {
      line: 'm2m incident follow INC-2026-11-29-1a2b3c4d billing --report incident.md',
      what: 'with the report in a file',
    },
  ],
  'm2m incident list': [{ line: 'm2m incident list', what: 'who reported which, when and why' }],
  'm2m incident release': [{ line: 'm2m incident release --dry-run', what: 'what the intake holds' }],
  'm2m token': [
    { line: 'm2m token billing', what: 'a token with all scopes' },
    { line: 'm2m token billing --scopes read:invoices', what: 'with one' },
  ],
  'm2m deactivate': [{ line: 'm2m deactivate billing', what: 'break-glass: it gets no token' }],
  'm2m activate': [{ line: 'm2m activate billing', what: 'break-glass: it gets tokens again' }],
  'm2m doctor': [
    { line: 'm2m doctor', what: 'what is wrong, and which command fixes it' },
    { line: 'm2m doctor --before-deploy', what: 'what the configuration in cdk.json lacks in the account' },
    { line: 'm2m doctor --before-deploy --config prod.json --json', what: 'another configuration, for a pipeline' },
  ],
  'm2m drill': [
    { line: 'm2m drill', what: 'rehearse a leak; asks whether the notice came' },
    { line: 'm2m drill --yes --no-notice --json', what: 'in a pipeline' },
    { line: 'm2m drill --clean', what: 'remove what a killed drill left' },
  ],
  'm2m completion': [
    { line: 'm2m completion bash > ~/.local/share/bash-completion/completions/m2m', what: 'permanently' },
  ],
  'm2m laptop': [{ line: 'm2m laptop', what: 'addresses on stdout, the status page at http://127.0.0.1:4040' }],
  'm2m story': [{ line: 'm2m story', what: 'half a minute' }],
}

export const examplesOf = (command: string): string => {
  const found = examples[command] ?? []
  return found.length === 0
    ? ''
    : `\nExamples:\n${found.map(({ line, what }) => `  ${line}\n      ${what}`).join('\n')}`
}
