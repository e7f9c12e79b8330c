// What a stack is played on: the AWS stand-in's resources, the functions' processes, the APIs' fronts, and who may do what.
import type { AwsResources } from '../aws/aws-stand-in.ts'
import type { FunctionSettings } from '../aws/functions.ts'
import type { RateLimit } from '../stand-in/token-bucket.ts'
import type { GatewayResponses } from '../vend-front/gateway-responses.ts'
import type { Identities } from './identities.ts'
import type { TemplatePlace } from './resolve.ts'

/** A function as its template configures it. */
export interface FunctionInput {
  readonly functionArn: string
  /** Of its bundle, which is its handler's. */
  readonly bundle: string
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly env: Readonly<Record<string, string>>
  readonly settings: FunctionSettings
  readonly isDurable: boolean
  /** @default - it shares what the account has left */
  readonly reserved?: number | undefined
}

export interface FunctionHost {
  put(input: FunctionInput): void
  remove(functionArn: string): void
  /** @returns the number under which what is deployed now is published */
  publish(functionArn: string): string
  pointAlias(functionArn: string, alias: string, version: string): void
  removeAlias(functionArn: string, alias: string): void
  /** Of what is asynchronous: absent, Lambda's defaults. */
  configureEvents(functionArn: string, settings: EventSettings | undefined): void
  /** As an event, with Lambda's own retries. @returns what rejects once all of them have failed, and never resolves */
  send(functionArn: string, event: object): Promise<never>
}

export interface EventSettings {
  readonly maxAgeMs?: number
  readonly maxRetries?: number
  /** ARN of a queue. */
  readonly onFailure?: string
}

export interface ScheduleInput {
  readonly name: string
  readonly expression: string
  readonly targetArn: string
  /** With whose rights it is called. */
  readonly roleArn: string
  /** Queue for what cannot be called. */
  readonly deadLetterArn?: string | undefined
  /** Text in which `<aws.scheduler.…>` stands for what is known when it fires. */
  readonly input: string
  readonly isEnabled: boolean
}

export interface ScheduleHost {
  put(schedule: ScheduleInput): void
  remove(name: string): void
}

export interface ApiRoute {
  /** `<bucket>/<key>`: S3 itself answers, and no function. @default - a function does */
  readonly storedAt?: string | undefined
  /** With whose rights it asks S3. */
  readonly roleArn?: string | undefined
  readonly method: string
  /** `/clients/{client}/token` */
  readonly resource: string
  readonly functionArn: string
  readonly isSigned: boolean
  /** Its own. @default - it shares the stage's with the others */
  readonly throttle?: RateLimit | undefined
}

export interface Api {
  readonly id: string
  readonly kind: 'rest' | 'http'
  readonly stage: string
  readonly routes: readonly ApiRoute[]
  readonly throttle: RateLimit | undefined
  /** What it answers by itself, by the type of the failure. */
  readonly responses: GatewayResponses
}

/** Tells where an API is reached: its own address, without a stage. */
export interface ApiHost {
  put(api: Api): void
  remove(id: string): void
  endpointOf(id: string, kind: Api['kind']): string
}

/** Where CloudFormation takes a custom resource's answer. */
export interface AnswerHost {
  /** @returns the address, and the answer's body once it came */
  open(): { readonly url: string; readonly answered: Promise<unknown>; close(): void }
  /** Real milliseconds. */
  wait(ms: number): Promise<undefined>
}

/** Secrets Manager's rotation of a secret that is no resource of the stack. */
export interface SecretHost {
  rotate(secretId: string, functionArn: string, rules: object): Promise<void>
  stopRotating(secretId: string): Promise<void>
}

export interface StackHost {
  readonly place: TemplatePlace
  readonly resources: AwsResources
  readonly functions: FunctionHost
  readonly schedules: ScheduleHost
  readonly apis: ApiHost
  readonly answers: AnswerHost
  readonly secrets: SecretHost
  readonly identities: Identities
  /** The bundle that a key of the assets' bucket holds. */
  readonly bundleOf: (assetKey: string) => string
}
