// The bus on which this system tells what it did. Its policy denies PutEvents to all but named roles, source by source: an
// identity policy elsewhere in the account, however wide, cannot forge evidence or an incident.
import { CfnEventBusPolicy, EventBus } from 'aws-cdk-lib/aws-events'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { StageNames } from './stage-names.ts'

/** An event's `source` → the roles that may put it. */
export type Speakers = Readonly<Record<string, readonly string[]>>

export interface M2mEventBusProps {
  readonly names: StageNames
  /** Everything that is not listed is denied to everybody. */
  readonly speakers: Speakers
  /** Sources whose roles may belong to other accounts: the bus lets those in, as the owner's policy of their account must, too. */
  readonly admitted?: readonly string[]
}

const sidOf = (source: string): string =>
  source
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

export class M2mEventBus extends Construct {
  readonly bus: EventBus

  constructor(scope: Construct, id: string, { names, speakers, admitted = [] }: M2mEventBusProps) {
    super(scope, id)
    this.bus = new EventBus(this, 'Bus', {
      eventBusName: `m2m-${names.stage}`,
      description: `Outcomes, evidence and alarms of M2M secret rotation, stage ${names.stage}`,
    })
    const deny = (conditions: Record<string, unknown>, sid: string) => {
      new CfnEventBusPolicy(this, sid, {
        eventBusName: this.bus.eventBusName,
        statementId: sid,
        statement: {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 'events:PutEvents',
          Resource: this.bus.eventBusArn,
          Condition: conditions,
        },
      })
    }
    for (const [source, roleArns] of Object.entries(speakers)) {
      deny(
        { StringEquals: { 'events:source': source }, ArnNotEquals: { 'aws:PrincipalArn': [...roleArns] } },
        `Only${sidOf(source)}`,
      )
    }
    deny({ StringNotEquals: { 'events:source': Object.keys(speakers) } }, 'NoOtherSource')
    for (const source of admitted) this.admit(source, speakers[source] ?? [])
  }

  /** A role as principal must exist, and becomes an id when it is deleted: its account with a condition does neither. */
  private admit(source: string, roleArns: readonly string[]): void {
    if (roleArns.length === 0) return
    const roots = roleArns.map((arn) => arn.split(':').slice(0, 5).join(':')).map((account) => `${account}:root`)
    new CfnEventBusPolicy(this, `Admit${sidOf(source)}`, {
      eventBusName: this.bus.eventBusName,
      statementId: `Admit${sidOf(source)}`,
      statement: {
        Effect: 'Allow',
        Principal: { AWS: [...new Set(roots)].sort() },
        Action: 'events:PutEvents',
        Resource: this.bus.eventBusArn,
        Condition: {
          StringEquals: { 'events:source': source },
          ArnEquals: { 'aws:PrincipalArn': [...roleArns] },
        },
      },
    })
  }

  /** The statement that lets a role put events of one source. */
  mayTell(source: string): PolicyStatement {
    return new PolicyStatement({
      sid: 'TellOnTheBus',
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      conditions: { StringEquals: { 'events:source': source } },
    })
  }
}
