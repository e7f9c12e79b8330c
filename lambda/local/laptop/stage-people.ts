// Who calls a stage besides its functions, as its template and settings say: for the laptop that runs it, and for whoever computes its rights.
import { defined } from '../../core/base/defined.ts'
import type { PeopleInput, StagePeople } from '../iam/people.ts'
import type { PlayedResource } from '../stack/player.ts'
import { documentOf } from '../stack/policies.ts'
import type { StageSettings } from '../stack/stage-settings.ts'

interface StageInput {
  readonly account: string
  readonly region: string
  readonly settings: Pick<StageSettings, 'bus' | 'functionArn' | 'secretNamePrefix'>
  readonly resources: readonly Pick<PlayedResource, 'type' | 'properties'>[]
  /** @default - roles that are called like the key ids */
  readonly roles?: StagePeople | undefined
}

export const peopleOf = ({ account, region, settings, resources, roles }: StageInput): PeopleInput => ({
  account,
  region,
  operatorPolicies: resources
    .filter(({ type }) => type === 'AWS::IAM::ManagedPolicy')
    .map(({ properties }) => documentOf(properties.PolicyDocument)),
  busArn: `arn:aws:events:${region}:${account}:event-bus/${settings.bus}`,
  identifyArns: [settings.functionArn('identify')],
  secretArns: [`arn:aws:secretsmanager:${region}:${account}:secret:${settings.secretNamePrefix}*`],
  keyArns: [`arn:aws:kms:${region}:${account}:key/*`],
  ...defined({ roles }),
})
