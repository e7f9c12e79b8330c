// One stage that stands on the laptop: its stack, the functions that the stack has made, the fronts of its APIs, and the names by which its parts
// are found. A laptop may have several; they share the stand-ins and the account.
import { defined } from '../../core/base/defined.ts'
import { LIST_RESOURCE } from '../../core/revocations/begin-list.ts'
import { publishingKeyAlias } from '../../core/revocations/document.ts'
import type { AwsStandIn } from '../aws/aws-stand-in.ts'
import type { KmsKey } from '../aws/kms-operations.ts'
import { apiUser, deployer, type PeopleInput } from '../iam/people.ts'
import type { Rights } from '../iam/rights.ts'
import type { AccountNames } from '../stack/account-names.ts'
import type { StackChange } from '../stack/changes.ts'
import type { AnswerHost, ScheduleHost, SecretHost } from '../stack/host.ts'
import { createIdentities } from '../stack/identities.ts'
import { playerOf } from '../stack/player.ts'
import { leftOutOf, notPlayed, stackPlayers } from '../stack/players/all.ts'
import { createStack, type Stack, type StackEvent } from '../stack/stack.ts'
import type { StackFile } from '../stack/stack-file.ts'
import type { StageSettings } from '../stack/stage-settings.ts'
import { createApiRights } from './api-rights.ts'
import type { DeployedFunctions } from './deployed-functions.ts'
import { BOOTSTRAPPED, type DeployedStage, settingsOf } from './deployed-stage.ts'
import { createFronts, type Fronts } from './fronts.ts'
import { createFunctionHost, type TemplateFunctions } from './function-host.ts'
import { HTTP_API_PATH } from './leak-front.ts'
import { type Listening, listen } from './listen.ts'
import { peopleOf } from './stage-people.ts'

/** What all stages of a laptop share. */
export interface StageHost {
  readonly urls: { readonly stytch: string; readonly aws: string }
  readonly aws: () => AwsStandIn
  readonly functions: DeployedFunctions
  readonly schedules: ScheduleHost
  readonly answers: AnswerHost
  readonly secrets: SecretHost
  readonly rights: Rights | undefined
  readonly names: AccountNames
  /** What a process needs to reach the AWS stand-in as whoever has this access key id. */
  readonly awsEnvironment: (accessKeyId: string, region: string) => Readonly<Record<string, string>>
  /** Where the code of a bundle lies. @default - the source, or the build */
  readonly moduleOf?: ((bundle: string) => string) | undefined
}

export interface RunningStage {
  readonly place: DeployedStage['place']
  readonly stack: Stack
  readonly functions: TemplateFunctions
  readonly fronts: Fronts
  settings(): StageSettings
  people(): PeopleInput
  /** Where API Gateway's APIs are reached. */
  addresses(): { readonly vend: string; readonly leaks: string }
  listen(at: Listening): Promise<void>
  /** What the deployment of another template would do. @throws Error for what CloudFormation refuses */
  changes(file: StackFile): readonly StackChange[]
  /** @throws StackFailed once it is as it was before */
  deploy(file: StackFile): Promise<void>
  /** What happens to its resources. @returns the undo */
  onEvent(listener: (event: StackEvent) => void): () => void
  /** The list of revocations, when its bucket was emptied: as an update of the stack would have it written. */
  renewList(): Promise<void>
  publishingKey(): KmsKey | undefined
  /** Types of the template for which nothing stands. */
  leftOut(): readonly string[]
  close(): Promise<void>
}

export interface RunningStageInput {
  readonly stage: DeployedStage
  readonly host: StageHost
  /** The laptop's own stage; the leaks of any other arrive below its name. */
  readonly isFirst: boolean
}

export const createRunningStage = ({ stage, host, isFirst }: RunningStageInput): RunningStage => {
  const { place } = stage
  const { account: accountId, region } = place
  const { aws, functions: deployed, urls, rights } = host
  let { settings, stackFile } = stage
  /** Of every template so far: a rollback puts back what the one before named. */
  let bundles = stackFile.bundles
  let vend = ''
  const listeners = new Set<(event: StackEvent) => void>()
  const leaksPath = isFirst ? HTTP_API_PATH : `${HTTP_API_PATH}/${settings.stage}`

  const fronts = createFronts({
    region,
    accountId,
    invoke: (functionArn, event) => aws().invokeFunction(functionArn, event),
    throttledIntegration: () => aws().settings().throttledIntegration,
    httpPath: leaksPath,
    httpEndpoint: () => `${urls.aws}${leaksPath}`,
    restEndpoint: () => vend,
    awsEndpoint: () => urls.aws,
    rights: createApiRights(rights, place),
  })
  rights?.add(deployer({ account: accountId, region }))
  rights?.add(apiUser({ accessKeyId: fronts.keys.accessKeyId, account: accountId, region }))
  /** The address of a REST API is the front's here. */
  const atFront = (text: string): string =>
    text.replace(/^https:\/\/[a-z0-9]{10}\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\/\w+)?$/, vend)
  const functions = createFunctionHost({
    functions: deployed,
    aws,
    environmentOf: (env) => {
      const whole = { ...host.awsEnvironment(env.AWS_ACCESS_KEY_ID ?? '', region), ...env }
      return {
        ...Object.fromEntries(Object.entries(whole).map(([name, value]) => [name, atFront(value)] as const)),
        // The stand-in serves both of Stytch's addresses.
        STYTCH_BASE_URL: urls.stytch,
        STYTCH_MANAGEMENT_URL: urls.stytch,
      }
    },
    ...defined({ moduleOf: host.moduleOf }),
  })
  const players = stackPlayers({
    place,
    resources: aws().resources,
    functions,
    schedules: host.schedules,
    apis: fronts,
    answers: host.answers,
    secrets: host.secrets,
    identities: createIdentities(place, rights),
    bundleOf: (key) => bundles[key] ?? key,
  })
  const stack = createStack({
    place,
    players,
    notPlayed: (type) => type in notPlayed,
    parameters: BOOTSTRAPPED,
    names: host.names,
    onEvent: (event) => {
      for (const listener of listeners) listener(event)
    },
  })

  const publishingKey = (): KmsKey | undefined =>
    aws()
      .keys()
      .find(({ alias }) => alias === publishingKeyAlias(settings.stage))

  return {
    place,
    stack,
    functions,
    fronts,
    settings: () => settings,
    people: () =>
      peopleOf({ account: accountId, region, settings, resources: stack.resources(), roles: stackFile.people }),
    addresses: () => ({ vend, leaks: `${urls.aws}${leaksPath}/leaks` }),
    listen: async (at) => {
      vend = await listen(fronts.rest, at)
    },
    changes: ({ template }) => stack.changes(template),
    deploy: async (file) => {
      bundles = { ...bundles, ...file.bundles }
      await stack.deploy(file.template)
      stackFile = file
      const resolver = stack.resolver()
      if (resolver !== undefined) settings = settingsOf(file.template, resolver)
    },
    onEvent: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    renewList: async () => {
      const list = stack.resources().find(({ type }) => type === LIST_RESOURCE)
      if (list !== undefined) await playerOf(players, list.type)?.put(list, list)
    },
    publishingKey,
    leftOut: () => leftOutOf(stackFile.template),
    close: () => fronts.rest.close(),
  }
}
