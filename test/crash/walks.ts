// Random walks: a secret and its client live through requests, kills, faults, colleagues, operators, late drives and time, with the
// production code and real HTTP, step by step against the model. `runWalks` draws and shrinks them; `walk` plays one.

import { randomUUID } from 'node:crypto'
import {
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import fc from 'fast-check'
import { stepsAgain } from '../../lambda/core/drive/steps-again.ts'
import { readRequestToken } from '../../lambda/core/secret/request-token.ts'
import type { Intent } from '../model/state.ts'
import { due } from '../model/sweep.ts'
import { notePlayed } from './played.ts'
import {
  acceptedValues,
  clearStuck,
  register,
  rotateSecret,
  type Seat,
  stuckToken,
  textWith,
  tokenFor,
} from './seat.ts'
import { type Command, type Deed, landmarks, type Upset, walkOf } from './walks-commands.ts'
import { createLife, eventsFor, type Life } from './walks-life.ts'
import { createPatientSeat } from './walks-seat.ts'
import { originOf } from './walks-sight.ts'

export interface WalksInput {
  readonly seed: number
  readonly walks: number
  /** Commands of a walk, at most. */
  readonly length: number
  /** Breaks a rule on purpose, to test the walks. */
  readonly tamper?: Seat['tamper']
}

export interface WalksReport {
  readonly walks: number
  readonly commands: number
  /** Empty, or the shrunk walk and what it violated. */
  readonly violations: readonly string[]
}

/** The evidence of a revoke tries so many past values of so many versions (docs/guarantees.md, "Evidence"). */
const PROVEN_AT_MOST = { values: 6, versions: 100 }
const OVERLAP_MS = 24 * 60 * 60_000

const pick = <Item>(items: readonly Item[], at: number): Item | undefined => items[at % items.length]

/** What Stytch or Secrets Manager refuses to people has no effect; anything but a refusal goes on. */
const asPerson = async (act: () => unknown): Promise<void> => {
  try {
    await act()
  } catch (error) {
    const { name } = error as Error
    if (!/^(ApiError|ResourceNotFoundException|InvalidParameterException|InvalidRequestException)$/.test(name))
      throw error
  }
}

const click = ({ seat, subject, sight }: Life, how: Extract<Deed, { colleague: string }>['colleague']): void => {
  const { dashboard } = seat.stytch
  const { clientId } = subject
  if (how === 'start') sight.know(dashboard.rotateStart(clientId))
  if (how === 'complete') dashboard.rotateComplete(clientId)
  if (how === 'cancel') dashboard.rotateCancel(clientId)
  if (how === 'activate') dashboard.setStatus(clientId, 'active')
  if (how === 'deactivate') dashboard.setStatus(clientId, 'inactive')
  if (how === 'remove') dashboard.remove(clientId)
}

const put = async ({ seat, subject, sight, allow }: Life, which: number | 'foreign'): Promise<void> => {
  const foreign = `foreign-${randomUUID()}`
  const value = which === 'foreign' ? foreign : (pick(sight.values(), which) ?? foreign)
  allow(value)
  const { secretArn, clientId } = subject
  await seat.client.send(new PutSecretValueCommand({ SecretId: secretArn, SecretString: textWith(clientId, value) }))
}

const moveLabel = async (life: Life, { moves, to }: Extract<Deed, { moves: string }>): Promise<void> => {
  const { seat, subject, allow } = life
  const versions = seat.aws.peek(subject.secretArn)?.versions ?? []
  // AWSPREVIOUS on a version that is still to be filled would be a label that changes its value; the model knows none.
  const targets = moves === 'AWSPREVIOUS' ? versions.filter(({ value }) => value !== undefined) : versions
  const target = to === 'nowhere' ? undefined : pick(targets, to)
  const holder = versions.find(({ stages }) => stages.includes(moves))
  if (target?.value !== undefined) allow((JSON.parse(target.value) as { client_secret: string }).client_secret)
  await seat.client.send(
    new UpdateSecretVersionStageCommand({
      SecretId: subject.secretArn,
      VersionStage: moves,
      RemoveFromVersionId: holder?.id,
      MoveToVersionId: target?.id,
    }),
  )
}

const act = (life: Life, deed: Deed): Promise<void> =>
  asPerson(() => {
    if ('colleague' in deed) return click(life, deed.colleague)
    if ('puts' in deed) return put(life, deed.puts)
    return moveLabel(life, deed)
  })

/** RotateSecret as the walk asks for it: refused exactly while another version carries AWSPENDING. */
const ask = async (life: Life, intent: Intent | 'bare', isImmediate = true): Promise<void> => {
  const { seat, subject, sight, violations } = life
  const isLocked = sight.pending() !== undefined
  const token = intent === 'bare' ? randomUUID() : tokenFor(seat, subject.secretArn, intent)
  const request = { SecretId: subject.secretArn, ClientRequestToken: token, RotateImmediately: isImmediate }
  const answer = await seat.client.send(new RotateSecretCommand(request)).then(
    () => 'taken',
    (error: Error) => error.name,
  )
  await seat.aws.idle()
  const expected = isLocked ? 'InvalidRequestException' : 'taken'
  if (answer !== expected) violations.push(`RotateSecret: expected ${expected}, found ${answer}`)
}

const redrive = async (life: Life, { redrive: which, from }: Extract<Command, { redrive: number }>): Promise<void> => {
  const { seat, subject } = life
  const id = pick(seat.aws.peek(subject.secretArn)?.versions ?? [], which)?.id ?? ''
  for (const event of eventsFor(subject, id, from)) {
    const outcome = await life.step(event)
    if (!outcome.ok) return
  }
}

/** As core/drive has a stuck rotation driven again, each of its steps held against the model. */
const driveAgain = async ({ seat, subject, step }: Life): Promise<void> => {
  const token = stuckToken(seat, subject)
  if (token === undefined) return
  const again: readonly string[] = stepsAgain({ versionId: token, origin: readRequestToken(token).origin })
  for (const event of eventsFor(subject, token, 0).filter(({ Step }) => again.includes(Step))) {
    const outcome = await step(event)
    const mayGoOn = outcome.ok || (outcome.errorType === 'RotationRefused' && event.Step === 'testSecret')
    if (!mayGoOn) return
  }
}

/** One turn of the sweep over this secret. @returns whether something was due. */
const sweep = async (life: Life): Promise<boolean> => {
  const { seat, subject, sight } = life
  const now = seat.world.clock.now()
  const secret = seat.aws.peek(subject.secretArn)
  const restedSince = Math.max(secret?.lastChangedAt ?? now, secret?.rotation?.lastRotatedAt ?? 0)
  const { clear, ask: intents } = due({
    state: sight.state(),
    pendingAgeMs: now - (sight.pending()?.createdAt ?? now),
    restedMs: now - restedSince,
    overlapMs: OVERLAP_MS,
  })
  if (clear) await driveAgain(life)
  for (const intent of intents) {
    if (sight.pending() === undefined) await rotateSecret(seat, subject, intent)
  }
  return clear || intents.length > 0
}

const upsetsOf = (command: Command): readonly Upset[] => ('upsets' in command ? command.upsets : [])

const play = async (life: Life, command: Command): Promise<void> => {
  const upsets = upsetsOf(command)
  const drives = upsets.filter((upset) => 'kill' in upset && upset.goesOn === 'driven again').length
  life.seat.aws.configure({ redriveCount: drives })
  life.begin(upsets, (deed) => act(life, deed))
  if ('ask' in command) await ask(life, command.ask)
  if ('redrive' in command) await redrive(life, command)
  if ('deed' in command) await act(life, command.deed)
  if ('advanceMs' in command) life.seat.world.clock.advance(command.advanceMs)
  if ('sweep' in command) await sweep(life)
  if ('leavesPending' in command) {
    life.seat.aws.configure({ pendingCleanup: command.leavesPending ? 'never' : 'at-once' })
  }
  if ('dryRun' in command) await ask(life, 'bare', false)
  life.calm()
}

/** What the settle of this revoke proved dead, by last four. */
const provenDead = ({ seat }: Life, revokeToken: string): readonly string[] =>
  seat.aws
    .events()
    .map(({ detailType, detail }) => ({ detailType, detail: detail as RevokedDetail }))
    .filter(({ detailType, detail }) => detailType === 'Secret Revoked' && detail.revokeToken === revokeToken)
    .flatMap(({ detail }) => detail.evidence.refused.map(({ lastFour }) => lastFour))

interface RevokedDetail {
  readonly revokeToken: string
  readonly evidence: { readonly refused: readonly { readonly lastFour: string }[] }
}

/** However the walk went: the sweep, a revoke and its settle, undisturbed, leave one value alive, and proof of the others' end. */
const close = async (life: Life): Promise<void> => {
  const { seat, subject, sight, violations } = life
  if (sight.state().client === 'gone') return
  seat.aws.configure({ redriveCount: 0 })
  life.begin([], async () => {})
  seat.stytch.dashboard.setStatus(subject.clientId, 'active')
  seat.world.clock.advance(2 * OVERLAP_MS)
  for (let turn = 0; turn < 3 && (await sweep(life)); turn += 1) seat.world.clock.advance(2 * OVERLAP_MS)
  await clearStuck(seat, subject)
  const { slot, next } = sight.state()
  const stored = acceptedValues(seat, subject)
  const revokeToken = await rotateSecret(seat, subject, 'revoke')
  await rotateSecret(seat, subject, 'settle')
  const end = sight.state()
  const isSettled = end.slot === end.current.value && end.next === null && end.pending === null
  if (!isSettled || end.current.origin !== 'settle')
    violations.push(`a revoke and its settle end at ${JSON.stringify(end)}`)
  if ([slot, next].includes(end.slot))
    violations.push('a value that was accepted before the revoke is accepted after it')
  const proven = provenDead(life, revokeToken)
  const unproven = stored.filter((value) => !proven.includes(value.slice(-4)))
  const versions = seat.aws.peek(subject.secretArn)?.versions.filter(({ id }) => originOf(id) !== 'settle') ?? []
  const isBeyond = proven.length >= PROVEN_AT_MOST.values || versions.length > PROVEN_AT_MOST.versions
  if (unproven.length > 0 && !isBeyond) {
    violations.push('a value that was accepted before the revoke is not proven dead')
  }
}

/** Plays one walk on a fresh secret. @returns what it violated. */
export const walk = async (seat: Seat, commands: readonly Command[], count = () => {}): Promise<readonly string[]> => {
  seat.aws.configure({ pendingCleanup: 'at-once' })
  const subject = await register(seat)
  const life = createLife(seat, subject)
  seat.onInvoke = life.step
  for (const command of commands) {
    count()
    await play(life, command)
    if (life.violations.length > 0) return life.violations
  }
  await close(life)
  return life.violations
}

export const runWalks = async ({ seed, walks, length, tamper }: WalksInput): Promise<WalksReport> => {
  const seat = await createPatientSeat()
  if (tamper !== undefined) seat.tamper = tamper
  const played = { walks: 0, commands: 0 }
  const property = fc.asyncProperty(walkOf(length), async (commands) => {
    played.walks += 1
    const found = await walk(seat, commands, () => {
      played.commands += 1
    })
    seat.output.length = 0
    if (found.length > 0) throw new Error(found.join('; '))
  })
  try {
    const examples = landmarks.map((commands): [readonly Command[]] => [commands])
    const result = await fc.check(property, { seed, examples, numRuns: walks, endOnFailure: tamper !== undefined })
    if (!result.failed) return { ...played, violations: [] }
    const why = result.errorInstance instanceof Error ? result.errorInstance.message : 'unknown'
    return { ...played, violations: [`seed ${seed}, walk ${JSON.stringify(result.counterexample?.[0])}: ${why}`] }
  } finally {
    notePlayed({ walks: played.walks })
    await seat.close()
  }
}
