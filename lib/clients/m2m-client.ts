// One M2M client, declared in a stack: the registrar makes it at Stytch, stores its secret, binds the two, guards the secret with
// its policy, and turns rotation on once a value exists. The template, its parameters and outputs never hold the secret. Removing
// the construct keeps the client, unless it says otherwise.

import { CustomResource, Duration, Lazy, Token } from 'aws-cdk-lib'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import type { Removal } from '../../lambda/core/clients/declared-client.ts'
import { accountOf, strangeAccounts, strangeAccountsFault } from '../../lambda/core/clients/reader-admission.ts'
import {
  addStatements,
  assertClientName,
  assertOneRole,
  type ClientRegistrar,
  clientOfStage,
  type DeployedClient,
  type ReadableClient,
  roleOf,
} from '../base/deployed-stage.ts'
import { readerStatements } from '../base/key-statements.ts'
import { spanFault, spanHours } from '../config/client-config.ts'
import { type BackstopRules, ownBackstopRules } from '../config/rotation-schedule.ts'

export interface M2mClientProps {
  /** Of the same app; or `Registrar.fromStage`, for a stage that is deployed. */
  readonly registrar: ClientRegistrar
  /** Names the secret, below the stage's prefix. Another name is another client; the old one is removed as `onRemoval` says. */
  readonly clientName: string
  /** As people see it at Stytch; may change. @default - the client's name */
  readonly displayName?: string
  readonly description: string
  /** What its tokens may do; may change, for tokens minted from then on. */
  readonly scopes: readonly string[]
  /**
   * `deactivate` and `delete` are refused while the secret was read within seven days.
   * @default 'retain'
   */
  readonly onRemoval?: Removal
  /** How long the value before stays accepted after a planned rotation: `12h`, `2d`. @default - the stage's */
  readonly overlap?: string
  /** How often a planned rotation replaces the value: `30d`. @default - the stage's */
  readonly period?: string
  /** To find and select the client by. @default - none */
  readonly tags?: Readonly<Record<string, string>>
  /** When Secrets Manager rotates by itself. @default - twice its own period, or the registrar's backstop */
  readonly rotation?: BackstopRules
}

/** Longer than the registrar's three runs of two minutes and the waits between them. */
const SERVICE_TIMEOUT_MINUTES = 15

const toProperty = (rules: BackstopRules): Readonly<Record<string, string | number>> =>
  'everyDays' in rules
    ? { EveryDays: rules.everyDays }
    : {
        Schedule: rules.schedule,
        ...defined({ DurationHours: rules.durationHours }),
      }

/** @throws for what is no span. */
const checkedSpan = (path: string, name: string, span: string | undefined): number | undefined => {
  if (span === undefined) return undefined
  const hours = spanHours(span)
  if (hours === undefined) throw new Error(`${path}: ${name} ${spanFault(span)}.`)
  return hours
}

export class M2mClient extends Construct implements ReadableClient {
  /** A client that is declared elsewhere, for the policies of roles of this stack: by name, without a reference to any stack. */
  static fromStage(scope: Construct, client: DeployedClient): ReadableClient {
    return clientOfStage(scope, client)
  }

  /** `m2m/<stage>/<name>` */
  readonly secretName: string
  readonly secretArn: string
  readonly clientId: string
  readonly arnPattern: string
  private readonly registrar: ClientRegistrar
  private readonly consumers: string[] = []

  constructor(scope: Construct, id: string, props: M2mClientProps) {
    super(scope, id)
    const { registrar, clientName } = props
    assertClientName(this, clientName)
    this.registrar = registrar
    this.secretName = `${registrar.names.secretNamePrefix}${clientName}`
    const { overlap, period, tags } = props
    checkedSpan(this.node.path, 'overlap', overlap)
    const periodHours = checkedSpan(this.node.path, 'period', period)
    const backstop = periodHours === undefined ? registrar.backstop : ownBackstopRules(periodHours, registrar.backstop)
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::M2mClient',
      serviceToken: registrar.functionArn,
      serviceTimeout: Duration.minutes(SERVICE_TIMEOUT_MINUTES),
      properties: {
        SecretName: this.secretName,
        DisplayName: props.displayName ?? clientName,
        Description: props.description,
        Scopes: [...props.scopes],
        Consumers: Lazy.list({ produce: () => this.consumers }),
        Rotation: toProperty(props.rotation ?? backstop),
        OnRemoval: props.onRemoval ?? 'retain',
        ...defined({ Overlap: overlap, Period: period }),
        ...(tags === undefined || Object.keys(tags).length === 0 ? {} : { Tags: tags }),
        Stage: registrar.stageRevision,
      },
    })
    resource.node.addDependency(...registrar.dependencies)
    this.secretArn = resource.getAttString('SecretArn')
    this.clientId = resource.getAttString('ClientId')
    this.arnPattern = this.readingBy[0].Resource
  }

  /**
   * Lets a role read the secret, in this account or another, in whatever stack: by the secret's policy, and by the role's own, which
   * another account needs. The role's policy names secret and key by pattern: a reference to this stack would close a cycle, since the
   * declaration refers to the role (aws-cdk#14213). Give the service `secretName` or `arnPattern` for the same reason. A role of another
   * account needs a name that is known at synth.
   */
  grantRead(grantee: IGrantable): void {
    this.allow(roleOf(grantee))
    addStatements(grantee, this.readingBy)
  }

  /** The same for a role that is known by its ARN alone: its own policy is its owner's to write, and needed in another account only. */
  allow(roleArn: string): void {
    const isKnown = assertOneRole(this, roleArn)
    if (this.consumers.includes(roleArn)) return
    if (isKnown) this.assertAdmitted(roleArn)
    this.consumers.push(roleArn)
  }

  /** What no account is known of yet, the registrar refuses. */
  private assertAdmitted(roleArn: string): void {
    const { admission } = this.registrar
    if (admission === undefined || Token.isUnresolved(admission.ownAccount)) return
    if (Token.isUnresolved(accountOf(roleArn))) return
    const strange = strangeAccounts([roleArn], admission)
    if (strange.length > 0) throw new Error(`${this.node.path}: its readers ${strangeAccountsFault(strange)}.`)
  }

  private get readingBy() {
    const { place, keyArn } = this.registrar
    return readerStatements(place, { secretName: this.secretName, keyArn })
  }
}
