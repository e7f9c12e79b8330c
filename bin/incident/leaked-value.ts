// `m2m incident --leaked-value-stdin`: whose values a text on stdin holds, as the identify function finds them; then whom the incident is about,
// or why it is about nobody. The text is sent to that function and shown nowhere.
import { buffer } from 'node:stream/consumers'
import { createIdentifier } from '../../lambda/adapters/aws/identifier.ts'
import { createInvoking } from '../../lambda/adapters/aws/invoking.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { LeakFinding, LeakMatch, ProjectMatch } from '../../lambda/core/intake/leak-finding.ts'
import { decodeLeak, MAX_LEAK_BYTES } from '../../lambda/core/intake/leak-text.ts'
import { createClientSecret } from '../../lambda/core/secret/client-secret.ts'
import { processCliEnv } from '../terminal/cli-env.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import { count } from '../terminal/words.ts'
import { type Targets, targetsNamed } from './incident-targets.ts'

/** What a report says beside its clients. */
export interface Searched {
  readonly found: readonly object[]
  readonly searched: number
  readonly unreadable: readonly string[]
}

export type TargetsOfValue =
  | { readonly targets: Targets; readonly searched: Searched; readonly hasProject: boolean }
  /** Nothing is to be revoked. */
  | { readonly ending: Ending }

/** The identify function's own time, and a little for the way. */
const SEARCH_MS = 310_000
const MIN_CHARACTERS = 8
const PROJECT_ADVICE = 'docs/runbook.md#project-secret-leaked'

const usage = (message: string): CommandFault => new CommandFault(EXIT.usage, message)

const readLeaked = async (): Promise<string> => {
  if (process.stdin.isTTY) throw usage('--leaked-value-stdin expects a text on stdin, from a file or a pipe')
  const bytes = await buffer(process.stdin)
  if (bytes.byteLength > MAX_LEAK_BYTES) {
    throw usage(
      `stdin holds ${bytes.byteLength} bytes, and ${MAX_LEAK_BYTES} are searched at most: give the part that leaked`,
    )
  }
  const text = decodeLeak(bytes).trim()
  if (text.length < MIN_CHARACTERS) throw usage(`stdin holds no secret: expected ${MIN_CHARACTERS} characters or more`)
  return text
}

const search = async (context: CommandContext): Promise<LeakFinding> => {
  const leaked = createClientSecret(await readLeaked())
  const invoke = createInvoking(processCliEnv().lambdaEndpoint)
  const timing = { ...context.timing, remainingMs: () => SEARCH_MS }
  const identifier = createIdentifier({ invoke, functionName: context.functionName('identify'), timing })
  return identifier.identify({ proof: { kind: 'value', value: leaked } })
}

/** As `--json` shows it. What Stytch did not answer for counts as alive. */
const matchJson = (match: LeakMatch): object => {
  switch (match.kind) {
    case 'secret': {
      const { owner, state } = match
      const { secretName: name, secretArn, clientId = null, label = null } = owner
      const since = state === 'dead' ? (match.since ?? null) : null
      const more = state === 'unproven' ? { code: match.code } : {}
      const refusal = state === 'dead' ? { refusal: match.refusal } : {}
      const shown = state === 'dead' ? 'dead' : 'alive'
      return { kind: 'secret', name, secretArn, clientId, label, state: shown, since, ...refusal, ...more }
    }
    case 'accessToken': {
      const { kind, secretName: name = null, clientId, state, until = null } = match
      return { kind, name, clientId, state, since: state === 'dead' ? until : null, until }
    }
    case 'projectSecret': {
      const { kind, secretName: name, state, label = null, since = null } = match
      return { kind, name, clientId: null, label, state, since }
    }
  }
}

const since = (at: string | undefined): string => (at === undefined ? 'since an unknown time' : `since ${at}`)

const matchWords = (match: LeakMatch): string => {
  switch (match.kind) {
    case 'secret': {
      const { secretName, clientId } = match.owner
      const whose = `A secret of ${secretName}${clientId === undefined ? '' : ` (client ${clientId})`}`
      if (match.state === 'alive') return `${whose}: alive.`
      if (match.state === 'unproven')
        return `${whose}: taken for alive, since Stytch could not be asked (${match.code}).`
      const { error, requestId } = match.refusal
      return `${whose}: dead ${since(match.since)}; Stytch refuses it already (${error}, request ${requestId}).`
    }
    case 'accessToken': {
      const whose = `An access token of ${match.secretName ?? `client ${match.clientId}`}`
      return match.state === 'dead'
        ? `${whose}: expired on ${match.until ?? 'an unknown date'}.`
        : `${whose}, valid until ${match.until ?? 'an unknown time'}. Nothing can end it before. The client's secret need not have leaked; if it may have: m2m incident ${match.secretName ?? `--client-id ${match.clientId}`}`
    }
    case 'projectSecret':
      return match.state === 'dead'
        ? `The project's own secret (${match.secretName}): replaced, and ended ${since(match.since)}. Look at what was done with it before (${PROJECT_ADVICE}).`
        : `The project's own secret (${match.secretName}): alive. It opens everything in the project (${PROJECT_ADVICE}).`
  }
}

/** That it is another project's takes a comparison with this one's, every stored version of it. */
const projectFormWords = ({ isProjectCompared }: Pick<LeakFinding, 'isProjectCompared'>): string =>
  isProjectCompared === true
    ? `Something in it has the form of a Stytch project secret, and is none that is stored for this stage (${PROJECT_ADVICE}).`
    : `Something in it has the form of a Stytch project secret. Whether it is this stage's could not be found out: take it for that (${PROJECT_ADVICE}).`

/** What nobody looked at, one line each. */
export const leftOpen = (finding: LeakFinding): readonly string[] => {
  const { unreadable, olderLeft, isCut, hasProjectSecretForm, found, notSearched } = finding
  return [
    ...(notSearched !== undefined && found.length > 0 ? [`Not everything was searched (${notSearched}).`] : []),
    ...(unreadable.length > 0
      ? [`${count(unreadable.length, 'secret')} could not be read: ${unreadable.join(', ')}.`]
      : []),
    ...(olderLeft > 0 ? [`Of ${count(olderLeft, 'secret')} the versions without a label were not read.`] : []),
    ...(isCut ? ['The text holds more than was compared: give the part that leaked.'] : []),
    ...(hasProjectSecretForm && !found.some(({ kind }) => kind === 'projectSecret') ? [projectFormWords(finding)] : []),
  ]
}

const searchedOf = ({ found, searched, unreadable }: LeakFinding): Searched => ({
  found: found.map(matchJson),
  searched,
  unreadable,
})

const NO_COUNTS: Targets['counts'] = { matched: 0, retired: 0, held: 0, foreign: 0 }

/** Nothing was found, or nothing could be searched. */
const nothingFound = (context: CommandContext, finding: LeakFinding): CommandFault => {
  const { notSearched, searched } = finding
  const open = leftOpen(finding)
  const json = { stage: context.stage, clients: [], counts: NO_COUNTS, ...searchedOf(finding) }
  if (notSearched !== undefined) {
    const message = [`The search did not get through (${notSearched}); narrow it, or try again.`, ...open].join('\n')
    return new CommandFault(EXIT.failed, message, { ...json, outcome: 'failed', notSearched })
  }
  const message = [`nobody: none of the ${searched} secrets searched holds any part of it.`, ...open].join('\n')
  return new CommandFault(EXIT.usage, message, { ...json, outcome: 'nobody' })
}

/** Dead already, or nothing that an incident could end. */
const nothingToRevoke = (context: CommandContext, finding: LeakFinding, more: readonly string[]): Ending => {
  const { found } = finding
  const clients = found.flatMap((match) =>
    match.kind === 'secret' && match.state === 'dead'
      ? [
          {
            name: match.owner.secretName,
            clientId: match.owner.clientId,
            outcome: 'deadAlready',
            reason: match.refusal.error,
            since: match.since ?? null,
          },
        ]
      : [],
  )
  const isAllDead = finding.notSearched === undefined && found.every(({ state }) => state === 'dead')
  return {
    json: {
      stage: context.stage,
      outcome: isAllDead ? 'dead' : clients.length > 0 ? 'partly' : 'failed',
      clients,
      counts: { ...NO_COUNTS, matched: clients.length },
      ...searchedOf(finding),
    },
    text: [...found.map(matchWords), ...leftOpen(finding), ...more, 'Nothing was revoked.'].join('\n'),
    exitCode: isAllDead ? EXIT.ok : clients.length > 0 ? EXIT.partly : EXIT.failed,
  }
}

/**
 * Whether this stage can replace it: its rotation function is the stage's own, and its rotation on.
 * @returns why not; undefined when it can
 */
const whyNotRotatedHere = async (
  context: CommandContext,
  { secretName }: ProjectMatch,
): Promise<string | undefined> => {
  const { secrets } = await context.connect()
  try {
    const secret = await secrets.describe(secretName)
    const ours = context.functionName('project-rotation')
    if (secret?.rotationEnabled === true && secret.rotationFunctionArn?.split(':')[6] === ours) return undefined
    return `This stage does not rotate ${secretName}: replace it by hand, now (${PROJECT_ADVICE}).`
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault
    return `Whether this stage rotates ${secretName} could not be read (${fault.message}): ask with another role, or replace it by hand, now (${PROJECT_ADVICE}).`
  }
}

const isAliveProject = (match: LeakMatch): match is ProjectMatch =>
  match.kind === 'projectSecret' && match.state === 'alive'

/** @throws CommandFault when nobody is found, or the search failed. */
export const findByValue = async (context: CommandContext): Promise<TargetsOfValue> => {
  const finding = await search(context)
  const { found } = finding
  if (found.length === 0) throw nothingFound(context, finding)
  const alive = found.filter((match) => match.kind === 'secret').filter(({ state }) => state !== 'dead')
  const project = found.find(isAliveProject)
  const whyNot = project && (await whyNotRotatedHere(context, project))
  const isRotated = project !== undefined && whyNot === undefined
  const names = new Set(alive.map(({ owner }) => owner.secretName))
  if (isRotated) names.add(project.secretName)
  const byHand = whyNot === undefined ? [] : [whyNot]
  if (names.size === 0) return { ending: nothingToRevoke(context, finding, byHand) }
  for (const line of [...found.map(matchWords), ...leftOpen(finding), ...byHand]) context.screen.note(line)
  const targets = await targetsNamed(context, { stage: { secretNamePrefix: '' }, names: [...names] })
  return { targets, searched: searchedOf(finding), hasProject: isRotated }
}
