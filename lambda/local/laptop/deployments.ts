// Deployments on a laptop that runs: another configuration of a stage that stands is an update of its stack, as `cdk deploy` makes it, and one of
// another stage stands beside it. What fails is rolled back, and everybody goes on with what was there. One deployment at a time; how it goes can be
// read while it lasts, by whoever started it and by no browser.
import { defined } from '../../core/base/defined.ts'
import type { StackChange } from '../stack/changes.ts'
import type { StackEvent } from '../stack/stack.ts'
import { readStackFile, type StackFile } from '../stack/stack-file.ts'
import type { StandInReply, StandInRequest } from '../stand-in/server.ts'
import { type DeployedStage, stageOf } from './deployed-stage.ts'
import { carryOutDeployment, messageOf } from './end-of-deployment.ts'
import type { RunningStage } from './running-stage.ts'

/** As CloudFormation calls them. */
export type DeploymentStatus =
  | 'CREATE_IN_PROGRESS'
  | 'CREATE_COMPLETE'
  | 'ROLLBACK_COMPLETE'
  | 'ROLLBACK_FAILED'
  | 'UPDATE_IN_PROGRESS'
  | 'UPDATE_COMPLETE'
  | 'UPDATE_ROLLBACK_COMPLETE'
  | 'UPDATE_ROLLBACK_FAILED'

export interface Deployment {
  /** Counts from 1. */
  readonly id: number
  readonly stack: string
  readonly status: DeploymentStatus
  /** What it set out to do. */
  readonly changes: readonly StackChange[]
  /** How many resources it leaves as they are. */
  readonly unchanged: number
  readonly events: readonly StackEvent[]
  /** Why it was rolled back. */
  readonly reason?: string
  /** Logical ids of what could not be put back. */
  readonly notPutBack?: readonly string[]
  /** It stands, and what follows a deployment failed. */
  readonly unsettled?: string
  /** Where the stage's APIs are reached, and its bus, once it stands. */
  readonly addresses?: { readonly vend: string; readonly leaks: string; readonly bus: string }
}

/** Refused before anything has changed. */
export class DeploymentRefused extends Error {
  readonly status: 400 | 409
  constructor(message: string, status: 400 | 409 = 400) {
    super(message)
    this.name = 'DeploymentRefused'
    this.status = status
  }
}

export interface Deployments {
  /** @returns as it begins, and what ends with it. @throws DeploymentRefused */
  begin(file: StackFile): Promise<{ readonly begun: Deployment; readonly ended: Promise<Deployment> }>
  /** GET: the last one. POST: begins one. */
  readonly route: (request: StandInRequest) => Promise<StandInReply>
}

export interface DeploymentsInput {
  /** By the stack's name. */
  readonly stages: Map<string, RunningStage>
  /** The laptop's account, Region and Stytch project. */
  readonly home: Pick<DeployedStage['place'], 'account' | 'region'> & { readonly projectId: string }
  /** Makes one that listens, and has no resources yet. */
  readonly open: (stage: DeployedStage) => Promise<RunningStage>
  /** What people have stored by hand before they deploy. */
  readonly prepare: (stage: DeployedStage) => void
  /** After each success. */
  readonly settle: () => Promise<void>
  readonly onLog: (line: string) => void
}

/** @throws DeploymentRefused for what is no synthesised stack */
const readFile = (body: string): StackFile => {
  let given: unknown
  try {
    given = JSON.parse(body)
  } catch {
    throw new DeploymentRefused('expected a JSON body')
  }
  const file = readStackFile(given)
  if (file === undefined) {
    throw new DeploymentRefused('expected what npm run laptop -- --deploy FILE makes of a configuration')
  }
  return file
}

/** What a laptop has one of. */
const faultsOf = ({ place, settings }: DeployedStage, home: DeploymentsInput['home']): readonly string[] => [
  ...(place.account === home.account ? [] : [`its account is ${place.account}, and the laptop's ${home.account}`]),
  ...(place.region === home.region ? [] : [`its Region is ${place.region}, and the laptop's ${home.region}`]),
  ...(settings.projectId === home.projectId
    ? []
    : [`its Stytch project is ${settings.projectId}, and the laptop's ${home.projectId}`]),
]

export const createDeployments = (input: DeploymentsInput): Deployments => {
  const { stages, home, open, prepare, settle, onLog } = input
  let last: Deployment | undefined
  let isUnderWay = false

  const note = (changes: Partial<Deployment>): Deployment => {
    if (last === undefined) throw new Error('No deployment has begun.')
    last = { ...last, ...changes }
    return last
  }

  const read = (file: StackFile): DeployedStage => {
    let stage: DeployedStage
    try {
      stage = stageOf(file, home)
    } catch (error) {
      throw new DeploymentRefused(messageOf(error))
    }
    const faults = faultsOf(stage, home)
    if (faults.length > 0) {
      throw new DeploymentRefused(`${stage.place.name} needs a laptop of its own: ${faults.join('; ')}`)
    }
    return stage
  }

  const deployAndListen = async ({ stackFile }: DeployedStage, running: RunningStage): Promise<void> => {
    const forget = running.onEvent((event) => void note({ events: [...(last?.events ?? []), event] }))
    try {
      await running.deploy(stackFile)
    } finally {
      forget()
    }
  }

  const carryOut = async (stage: DeployedStage, running: RunningStage, isNew: boolean): Promise<Deployment> => {
    const { name } = stage.place
    try {
      const ended = await carryOutDeployment({
        prepare: () => prepare(stage),
        deploy: () => deployAndListen(stage, running),
        keep: () => void stages.set(name, running),
        settle,
        discard: async () => {
          if (isNew) await running.close()
        },
      })
      if (ended.end === 'rolledBack') {
        const { reason, notPutBack } = ended
        const end = notPutBack.length === 0 ? 'COMPLETE' : 'FAILED'
        onLog(`${name} could not be deployed, and was rolled back: ${reason}`)
        return note({
          status: isNew ? `ROLLBACK_${end}` : `UPDATE_ROLLBACK_${end}`,
          reason,
          ...(notPutBack.length === 0 ? {} : { notPutBack }),
        })
      }
      const { unsettled } = ended
      const remark = unsettled === undefined ? '' : `; what follows a deployment failed: ${unsettled}`
      onLog(`${name} is ${isNew ? 'deployed' : 'updated'}${remark}.`)
      const { bus } = running.settings()
      return note({
        status: isNew ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE',
        addresses: { ...running.addresses(), bus },
        ...defined({ unsettled }),
      })
    } finally {
      isUnderWay = false
    }
  }

  const begin: Deployments['begin'] = async (file) => {
    if (isUnderWay) throw new DeploymentRefused(`${last?.stack} is being deployed; wait until that has ended`, 409)
    const stage = read(file)
    const { name } = stage.place
    const standing = stages.get(name)
    isUnderWay = true
    try {
      const running = standing ?? (await open(stage))
      try {
        const changes = running.changes(file)
        const touched = new Set(changes.map(({ id }) => id))
        last = {
          id: (last?.id ?? 0) + 1,
          stack: name,
          status: standing === undefined ? 'CREATE_IN_PROGRESS' : 'UPDATE_IN_PROGRESS',
          changes,
          unchanged: running.stack.resources().filter(({ id }) => !touched.has(id)).length,
          events: [],
        }
      } catch (error) {
        if (standing === undefined) await running.close()
        throw new DeploymentRefused(messageOf(error))
      }
      return { begun: last, ended: carryOut(stage, running, standing === undefined) }
    } catch (error) {
      isUnderWay = false
      throw error
    }
  }

  return {
    begin,
    route: async ({ method, body }) => {
      if (method === 'GET') return { status: 200, body: { deployment: last ?? null } }
      if (method !== 'POST') return { status: 404, body: { error: `no such stand-in route: ${method} deploy` } }
      try {
        const { begun } = await begin(readFile(body))
        return { status: 202, body: { deployment: begun } }
      } catch (error) {
        if (!(error instanceof DeploymentRefused)) throw error
        return { status: error.status, body: { error: error.message } }
      }
    },
  }
}
