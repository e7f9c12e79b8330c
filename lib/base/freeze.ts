// Where a stage's freeze stands, and the right to read it. The parameter is no resource of the stack: CloudFormation writes a
// parameter's value again whenever anything of the resource changes, a tag for one, and would lift a freeze without a word
// (docs/decisions/020). An operator makes it, with the first freeze.
import { Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { StageNames } from '../config/stage-names.ts'

/** `/m2m/prod/freeze` */
export const freezeParameter = ({ stage }: StageNames): string => `/m2m/${stage}/freeze`

/** That one parameter, and reading only. */
export const mayReadFreeze = (scope: Construct, names: StageNames): PolicyStatement => {
  const { partition, region, account } = Stack.of(scope)
  return new PolicyStatement({
    sid: 'ReadFreeze',
    actions: ['ssm:GetParameter'],
    resources: [`arn:${partition}:ssm:${region}:${account}:parameter${freezeParameter(names)}`],
  })
}
