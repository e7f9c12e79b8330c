// What may come in between while a rotation is held before one of its calls: a colleague in the Stytch dashboard, an operator in Secrets
// Manager, a second execution, another request, an old token. Each acts once, to its end, and what is refused to it is no fault.
import { randomUUID } from 'node:crypto'
import {
  PutSecretValueCommand,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import type { Intent } from '../../lambda/core/secret/request-token.ts'
import { type RotationEvent, type RotationStep, rotationSteps } from '../../lambda/local/aws/rotation-driver.ts'
import type { Watch } from './race-watch.ts'
import { clearStuck, idUnder, putByHand, type Seat, type Subject, tokenFor, valueUnder } from './seat.ts'

export interface Scene {
  readonly seat: Seat
  readonly subject: Subject
  readonly watch: Watch
  /** The rotation that is held. */
  readonly token: string
  /** The step it is held in; the last one when it has ended. */
  readonly step: RotationStep
  /** Tokens from before it. */
  readonly oldTokens: { readonly unlabelled: string; readonly current: string; readonly previous: string | undefined }
  /** Values that a colleague got to see. */
  readonly strangers: string[]
  /** What RotateSecret said to those who asked meanwhile. */
  readonly answers: string[]
}

export type Act = (scene: Scene) => Promise<void>

const eventFor = ({ subject }: Scene, step: RotationStep, token: string): RotationEvent => ({
  Step: step,
  SecretId: subject.secretArn,
  ClientRequestToken: token,
})

/** A colleague clicks; what Stytch refuses to him has no effect. */
const colleague =
  (...clicks: readonly ('start' | 'complete' | 'cancel')[]): Act =>
  async ({ seat, subject: { clientId }, strangers }) => {
    const dashboard = seat.kind.dashboard(seat.stytch)
    for (const click of clicks) {
      try {
        if (click === 'start') strangers.push(dashboard.rotateStart(clientId))
        if (click === 'complete') dashboard.rotateComplete(clientId)
        if (click === 'cancel') dashboard.rotateCancel(clientId)
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'ApiError') throw error
      }
    }
  }

const putValue =
  (pick: (scene: Scene) => string | undefined): Act =>
  async (scene) => {
    const value = pick(scene)
    if (value !== undefined) await putByHand(scene.seat, scene.subject, value)
  }

const under =
  (label: string) =>
  ({ seat, subject }: Scene): string | undefined =>
    valueUnder(seat, subject.secretArn, label)

/** AWSCURRENT by hand to the version that carries this label, if it has a value. */
const moveCurrentTo =
  (label: string): Act =>
  async ({ seat, subject: { secretArn } }) => {
    const from = idUnder(seat, secretArn, 'AWSCURRENT')
    const to = idUnder(seat, secretArn, label)
    if (to === undefined || to === from || valueUnder(seat, secretArn, label) === undefined) return
    await seat.client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: secretArn,
        VersionStage: 'AWSCURRENT',
        RemoveFromVersionId: from,
        MoveToVersionId: to,
      }),
    )
  }

/** Somebody stores what he likes as the pending value of the rotation under way. */
const putPending: Act = async ({ seat, subject, token }) => {
  const text = seat.kind.text(subject.clientId, `planted-${randomUUID()}`)
  try {
    await seat.client.send(
      new PutSecretValueCommand({
        SecretId: subject.secretArn,
        ClientRequestToken: token,
        VersionStages: ['AWSPENDING'],
        SecretString: text,
      }),
    )
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceExistsException') throw error
  }
}

/** The same step once more, beside the one that is held. */
const twin: Act = async (scene) => {
  await scene.watch.run({ who: 'twin', event: eventFor(scene, scene.step, scene.token) })
}

const driveAll = async (scene: Scene, who: string, token: string): Promise<void> => {
  for (const step of rotationSteps) {
    if (!(await scene.watch.run({ who, event: eventFor(scene, step, token) })).ok) return
  }
}

/** The whole rotation once more, from createSecret to its end, beside the one that is held. */
const overtake: Act = (scene) => driveAll(scene, 'overtaker', scene.token)

/** RotateSecret with another token; if it is taken, its rotation runs to its end while the first is held. */
export const askFor =
  (intent: Intent): Act =>
  async (scene) => {
    const { seat, subject, answers } = scene
    const token = tokenFor(seat, subject.secretArn, intent)
    try {
      await seat.client.send(new RotateSecretCommand({ SecretId: subject.secretArn, ClientRequestToken: token }))
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'InvalidRequestException') throw error
      answers.push('refused')
      return
    }
    answers.push('taken')
    await driveAll(scene, intent, token)
  }

/** Every step of an old token, one by one, as a late re-drive or a forger would send them. */
const lateRedrive =
  (pick: (scene: Scene) => string | undefined): Act =>
  async (scene) => {
    const token = pick(scene)
    if (token === undefined) return
    for (const step of rotationSteps) await scene.watch.run({ who: 'late', event: eventFor(scene, step, token) })
  }

const clear: Act = async ({ seat, subject }) => {
  await clearStuck(seat, subject)
}

const clearAndAsk =
  (intent: Intent): Act =>
  async (scene) => {
    await clear(scene)
    await askFor(intent)(scene)
  }

export const acts = {
  colleagueStarts: colleague('start'),
  colleagueCancels: colleague('cancel'),
  colleagueCompletes: colleague('complete'),
  colleagueRestarts: colleague('cancel', 'start'),
  colleagueReplaces: colleague('complete', 'start'),
  clientDeleted: async ({ seat, subject }) => seat.stytch.dashboard.remove(subject.clientId),
  clientInactive: async ({ seat, subject }) => seat.stytch.dashboard.setStatus(subject.clientId, 'inactive'),
  operatorPutsSame: putValue(under('AWSCURRENT')),
  operatorPutsPrevious: putValue(under('AWSPREVIOUS')),
  operatorPutsPending: putValue(under('AWSPENDING')),
  operatorPutsWrong: putValue(() => `wrong-${randomUUID()}`),
  operatorMovesBack: moveCurrentTo('AWSPREVIOUS'),
  operatorMovesOn: moveCurrentTo('AWSPENDING'),
  operatorClears: clear,
  operatorPlantsPending: putPending,
  twin,
  overtake,
  askRotate: askFor('rotate'),
  askRevoke: askFor('revoke'),
  askSettle: askFor('settle'),
  askRollback: askFor('rollback'),
  lateUnlabelled: lateRedrive(({ oldTokens }) => oldTokens.unlabelled),
  lateCurrent: lateRedrive(({ oldTokens }) => oldTokens.current),
  latePrevious: lateRedrive(({ oldTokens }) => oldTokens.previous),
  clearedThenRotate: clearAndAsk('rotate'),
  clearedThenRevoke: clearAndAsk('revoke'),
  clearedThenSettle: clearAndAsk('settle'),
} as const satisfies Record<string, Act>

export type ActName = keyof typeof acts
export const actNames = Object.keys(acts) as ActName[]
