// What asking for rotations takes, for the functions that do it – sweep, campaign, incident: look below the prefix, ask without changing
// function or schedule, and have a stuck rotation's steps done again. None of them reads a value or moves a label (docs/decisions/051).
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { M2mFunction } from '../base/m2m-function.ts'
import { managedSecrets, type StageNames } from '../config/stage-names.ts'
import type { ProjectRotation } from './project-rotation.ts'
import type { RotationFunction } from './rotation-function.ts'

export interface RotationRights {
  readonly names: StageNames
  readonly rotation: RotationFunction
  /** The project's own secret, where it is rotated. */
  readonly project?: ProjectRotation | undefined
}

export const mayAskForRotations = (
  scope: Construct,
  fn: M2mFunction,
  { names, rotation, project }: RotationRights,
): void => {
  const below = managedSecrets(scope, names)
  const secrets = [...below, ...(project === undefined ? [] : [project.secretPattern])]
  const functions = [rotation.arn, ...(project === undefined ? [] : [project.arn])]
  fn.mayDo(
    // The service authorization reference: ListSecrets knows no resource.
    new PolicyStatement({ sid: 'ListSecrets', actions: ['secretsmanager:ListSecrets'], resources: ['*'] }),
    new PolicyStatement({
      sid: 'LookBelowThePrefix',
      actions: ['secretsmanager:DescribeSecret', 'secretsmanager:ListSecretVersionIds'],
      resources: secrets,
    }),
    new PolicyStatement({
      sid: 'AskForRotationsOnly',
      actions: ['secretsmanager:RotateSecret'],
      resources: secrets,
      // A request that names another function, or a schedule, would change them. Whether one that names none carries the key of the
      // function that stands is not documented: both are allowed.
      conditions: {
        ArnEqualsIfExists: { 'secretsmanager:RotationLambdaARN': functions },
        BoolIfExists: { 'secretsmanager:ModifyRotationRules': 'false' },
      },
    }),
    new PolicyStatement({
      // RotateSecret asks this of its caller (secrets-manager §1.2); and what is stuck is driven on by it (docs/decisions/018).
      sid: 'WhatRotateSecretDemands',
      actions: ['lambda:InvokeFunction'],
      resources: functions,
    }),
  )
  fn.explainWildcard(
    below,
    'Clients come and go without a deployment, so that the prefix is the narrowest name that holds all of them',
  )
}
