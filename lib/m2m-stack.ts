// One stage's machinery in one stack: key, bus, functions, evidence archive, notifications, alarms, and a few clients if wanted.
// Puts the constructs together from the configuration and decides nothing itself.

import { CfnOutput, RemovalPolicy, Stack, type StackProps, Tags } from 'aws-cdk-lib'
import { ManagedPolicy, PermissionsBoundary } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import { defined } from '../lambda/core/base/defined.ts'
import { leakSources } from '../lambda/core/base/event-types.ts'
import { M2mEventBus } from './base/event-bus.ts'
import { monitoringKey } from './base/monitoring-key.ts'
import { Notifications } from './base/notifications.ts'
import { RevocationList } from './base/revocation-list.ts'
import { SecretsKey } from './base/secrets-key.ts'
import { Campaign, campaignAliasArn } from './campaign/campaign.ts'
import { addSecretArnOutputs } from './clients/client-outputs.ts'
import { ClientsFunction } from './clients/clients-function.ts'
import { M2mClient } from './clients/m2m-client.ts'
import { OperatorPolicy } from './clients/operator-policy.ts'
import { Registrar } from './clients/registrar.ts'
import type { ClientConfig } from './config/client-config.ts'
import { type DeployConfig, DeployConfigFault } from './config/deploy-config.ts'
import { handMadeSecretsOf } from './config/hand-made-secrets.ts'
import { intakeSecretNames } from './config/incident-config.ts'
import { neededQuota, totalReserved } from './config/reservations.ts'
import { bootstrapDeployRoleArn, functionName, roleArn, type StageNames } from './config/stage-names.ts'
import { breakGlassRoles, operatorRoles, stageRoles } from './config/stage-roles.ts'
import { stytchSecretNames } from './config/stytch-config.ts'
import { templateFault } from './config/template-faults.ts'
import { EvidenceArchive } from './incident/evidence-archive.ts'
import { Identify } from './incident/identify.ts'
import { IncidentFunction } from './incident/incident-function.ts'
import { LeakIntake } from './incident/leak-intake.ts'
import { ProjectRotation } from './rotation/project-rotation.ts'
import { ProofKey } from './rotation/proof-key.ts'
import { RecordsTable } from './rotation/records-table.ts'
import { RotationFunction } from './rotation/rotation-function.ts'
import { AdoptionRecords } from './sweep/adoption-records.ts'
import { SweepFunction } from './sweep/sweep.ts'
import { Vendor } from './vend/vendor.ts'
import { Dashboard } from './watch/dashboard.ts'
import { FailureAlarms } from './watch/failure-alarms.ts'

export interface M2mStackProps extends StackProps {
  readonly config: DeployConfig
}

const surroundingsOf = ({ logRetentionDays, network, reservations }: DeployConfig, removalPolicy: RemovalPolicy) => ({
  logRetentionDays,
  removalPolicy,
  reservations,
  ...defined({ network }),
})

const declarationOf = ({ name, readers: _allowedApart, ...rest }: ClientConfig) => ({ clientName: name, ...rest })

export class M2mStack extends Stack {
  readonly registrar: Registrar
  readonly clients: readonly M2mClient[]
  readonly operators: OperatorPolicy
  readonly archive: EvidenceArchive
  /** Absent when the configuration says why there is none. */
  readonly campaign?: Campaign
  /** Only when the project secret is rotated, too. */
  readonly projectRotation?: ProjectRotation
  /** Only when overlaps wait for proof that consumers have moved. */
  readonly adoption?: AdoptionRecords
  /** Only when detectors may report. */
  readonly intake?: LeakIntake
  /** Only when tokens are to be vended. */
  readonly vendor?: Vendor

  constructor(scope: Construct, id: string, { config, ...props }: M2mStackProps) {
    super(scope, id, {
      description: `Rotates M2M client secrets below ${config.secretNamePrefix}`,
      // A third of a template with many readers would be spaces, which CloudFormation counts.
      suppressTemplateIndentation: true,
      ...props,
    })
    const { stage, secretNamePrefix, extraPrefixes } = config
    const names: StageNames = { stage, secretNamePrefix, ...defined({ extraPrefixes }) }
    const isKept = config.onRemoval === 'retain'
    // A first deployment that fails takes back what it made, which is empty; the key stays, since a secret may have been made with it.
    const removalPolicy = isKept ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY
    const logKey = this.monitor(config, names, isKept)
    const surroundings = {
      ...surroundingsOf(config, removalPolicy),
      ...defined({ monitoringKey: logKey }),
    }
    const rotationRole = roleArn(this, names, 'rotation')
    const clientsRole = roleArn(this, names, 'clients')
    const sweepRole = roleArn(this, names, 'sweep')
    const incidentRole = roleArn(this, names, 'incident')
    const { campaigns, stytchCallsPerSecond } = config.rotation
    const stytchRate = stytchCallsPerSecond === undefined ? {} : { stytchCallsPerSecond }
    const campaignRoles = 'schedule' in campaigns ? [roleArn(this, names, 'campaign')] : []
    const vendorRoles = config.vendor === undefined ? [] : [roleArn(this, names, 'vendor')]
    const { projectRotation } = config.stytch
    const projectRotationRoles = projectRotation === undefined ? [] : [roleArn(this, names, 'project-rotation')]
    const rotationRoles = [rotationRole, ...projectRotationRoles]
    const deployRole = config.deployRoleArn ?? bootstrapDeployRoleArn(this)
    const breakGlass = breakGlassRoles(config)
    const operators = operatorRoles(config)

    const { readerAccounts, readerOrganizationId } = config
    const readers = { readerAccounts, ...defined({ readerOrganizationId }) }
    const key = new SecretsKey(this, 'Key', {
      names,
      userRoleArns: [rotationRole],
      creatorRoleArns: [roleArn(this, names, 'registrar'), clientsRole],
      administratorRoleArns: [deployRole, ...breakGlass],
      ...readers,
      removalPolicy: isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...defined({ existingKeyArn: config.keyArn }),
    })
    const { security, intake } = config.incidents
    const intakeRoles = intake === undefined ? [] : [roleArn(this, names, 'intake')]
    const bus = new M2mEventBus(this, 'Events', {
      names,
      roles: {
        rotation: [rotationRole],
        'project-rotation': projectRotationRoles,
        sweep: [sweepRole],
        incident: [incidentRole],
        campaign: campaignRoles,
        intake: intakeRoles,
        vendor: vendorRoles,
        security: security.roleArns,
        'break-glass': breakGlass,
      },
      admitted: [leakSources.security, leakSources.breakGlass],
    })
    const notifications = new Notifications(this, 'Notifications', {
      names,
      address: config.alarms,
      key: logKey,
      removalPolicy,
    })
    this.archive = new EvidenceArchive(this, 'Evidence', {
      names,
      surroundings,
      bus: bus.bus,
      evidence: config.evidence,
      proverRoleArns: rotationRoles,
      keeperRoleArns: [deployRole, ...breakGlass],
      breakGlassRoleArns: breakGlass,
      deadLetters: notifications.deadLetters,
    })
    const records = new RecordsTable(this, 'Records', {
      names,
      writers: {
        rotations: rotationRoles,
        // A release also reports what was held, which the bus takes from these roles.
        gate: intake === undefined ? [] : [...intakeRoles, ...operators, ...security.roleArns, ...breakGlass],
        reads: config.rotation.adoptionProof === undefined ? [] : [roleArn(this, names, 'reads')],
        reports: [sweepRole],
        claims: [roleArn(this, names, 'registrar'), clientsRole],
      },
      keeperRoleArns: [deployRole, ...breakGlass],
    })
    const proofKey = new ProofKey(this, 'Proofs', {
      names,
      signerRoleArns: rotationRoles,
      administratorRoleArns: [deployRole, ...breakGlass],
      generation: config.evidence.signingKey,
    })
    const keeping = { records, proofKey, evidence: this.archive }
    const revocations =
      config.vendor === undefined
        ? undefined
        : new RevocationList(this, 'Revocations', {
            names,
            writerRoleArns: [rotationRole, sweepRole, clientsRole],
            keeperRoleArns: [deployRole, ...breakGlass],
          })
    const rotation = new RotationFunction(this, 'Rotation', {
      bounds: config.bounds,
      names,
      surroundings,
      stytch: config.stytch,
      key,
      bus,
      keeping,
      revocations,
      replicas: config.replicas,
    })
    if (projectRotation !== undefined) {
      const { stytch } = config
      this.projectRotation = new ProjectRotation(this, 'ProjectRotation', {
        bounds: config.bounds,
        names,
        surroundings,
        stytch,
        config: projectRotation,
        bus,
        keeping,
      })
    }
    this.registrar = new Registrar(this, 'Registrar', {
      names,
      surroundings,
      stytch: config.stytch,
      key,
      rotation,
      backstop: config.rotation.backstop,
      ...stageRoles(config, (part) => roleArn(this, names, part)),
      replicas: config.replicas,
      ...readers,
      deadLetters: notifications.deadLetters,
      callerRoleArns: [...new Set([deployRole, ...config.clientDeployRoleArns, ...breakGlass])],
      records,
    })
    const clients = new ClientsFunction(this, 'Clients', {
      names,
      surroundings,
      stytch: config.stytch,
      key,
      rotation,
      registrar: this.registrar,
      spans: config.rotation,
      replicas: config.replicas,
      breakGlass: config.breakGlass,
      operators,
      handMadeSecrets: handMadeSecretsOf(config).map(({ secret }) => secret),
      records,
      evidenceBucket: this.archive.bucket.bucketName,
      drills: config.drills,
      sets: config.sets,
      revocations,
    })
    this.operators = new OperatorPolicy(this, 'Operators', { names, clients, rotation })
    this.archive.allowReading(this.operators)
    this.operators.mayDo(proofKey.mayReadPublicKey())
    // The incident function revokes it; whoever reports that looks how it goes.
    if (this.projectRotation !== undefined) this.operators.mayFollow(this.projectRotation.secretPattern)
    this.operators.mayLookAt({
      topicArn: notifications.topic.topicArn,
      keyArn: key.key.keyArn,
      schedules: (['sweep', ...('schedule' in campaigns ? (['campaign'] as const) : [])] as const).map((part) =>
        functionName(names, part),
      ),
    })
    const identify = new Identify(this, 'Identify', {
      names,
      surroundings,
      stytch: config.stytch,
      refused: config.bounds.refused,
      key,
      callerRoleArns: [...new Set([...breakGlass, ...security.roleArns])],
      otherCallerRoleArns: [...intakeRoles, ...operators],
    })
    this.operators.mayDo(identify.mayAsk(), bus.mayPublish(leakSources.security))
    if (intake !== undefined) {
      this.intake = new LeakIntake(this, 'Intake', {
        names,
        surroundings,
        config: intake,
        identify,
        bus,
        records,
      })
      this.operators.mayDo(...this.intake.mayRelease())
    }
    const incident = new IncidentFunction(this, 'Incident', {
      names,
      surroundings,
      rotation,
      bounds: config.bounds,
      project: this.projectRotation,
      bus,
      maxSecurityClients: security.maxClients,
      ...('schedule' in campaigns ? { campaignArn: campaignAliasArn(this, names) } : {}),
      undelivered: notifications.deadLetters,
      removalPolicy,
      ...stytchRate,
    })
    if ('schedule' in campaigns) {
      this.campaign = new Campaign(this, 'Campaign', {
        names,
        surroundings,
        rotation,
        bounds: config.bounds,
        records,
        bus,
        schedule: campaigns.schedule,
        spans: config.rotation,
        callerRoleArns: [...new Set([incidentRole, ...operators, ...breakGlass])],
        removalPolicy,
        ...stytchRate,
      })
      this.campaign.letOperate(this.operators)
    }
    const { adoptionProof } = config.rotation
    if (adoptionProof !== undefined) {
      this.adoption = new AdoptionRecords(this, 'Adoption', {
        names,
        surroundings,
        config: adoptionProof,
        records,
        deadLetters: notifications.deadLetters,
        removalPolicy,
      })
    }
    if (this.adoption !== undefined) this.operators.mayDo(this.adoption.mayAsk())
    const sweep = new SweepFunction(this, 'Sweep', {
      names,
      surroundings,
      rotation,
      project: this.projectRotation,
      adoption: this.adoption,
      evidence: this.archive,
      bounds: config.bounds,
      records,
      bus,
      parts: {
        campaignSchedule: this.campaign?.scheduleName,
        rules: [this.archive.rule],
        topic: 'email' in config.alarms ? notifications.topic : undefined,
        // What a customer's own key lets be asked is its owner's to say.
        key: config.keyArn === undefined ? key.key : undefined,
      },
      spans: config.rotation,
      revocations,
      removalPolicy,
    })
    if (config.vendor !== undefined && revocations !== undefined) {
      const { projectId } = config.stytch
      const { vendor } = config
      this.vendor = new Vendor(this, 'Vendor', {
        names,
        surroundings,
        projectId,
        config: vendor,
        key,
        bus,
        revocations,
      })
    }
    const optional = [this.intake, this.vendor, revocations, this.campaign, this.adoption, this.projectRotation]
    const { alarms } = new FailureAlarms(this, 'Alarms', {
      names,
      bus: bus.bus,
      notifications,
      rotation: rotation.fn,
      registrar: this.registrar.fn,
      archive: this.archive,
      parts: [sweep, incident, identify, ...optional.filter((part) => part !== undefined), records, proofKey],
      breakGlass: config.breakGlass,
      foundation: {
        keys: [key.key, proofKey.key, ...(revocations === undefined ? [] : [revocations.key])],
        ownSecrets: [...stytchSecretNames(config.stytch), ...intakeSecretNames(config.incidents)].map(
          ([, name]) => name,
        ),
        schedules: (['sweep', ...(this.campaign === undefined ? [] : (['campaign'] as const))] as const).map((part) =>
          functionName(names, part),
        ),
        deployRoleArn: deployRole,
      },
      runbookUrl: config.runbookUrl,
    })
    new Dashboard(this, 'Dashboard', {
      names,
      alarms,
      functions: {
        rotation: rotation.fn,
        incident: incident.fn,
        sweep: sweep.fn,
        archive: this.archive.fn,
        ...defined({ campaign: this.campaign?.fn, vendor: this.vendor?.fn }),
      },
    })
    this.clients = config.clients.map((client) => this.addClient(client, rotation))
    addSecretArnOutputs(
      this,
      this.clients.map(({ secretArn }, at) => ({ secretArn, clientName: config.clients[at]?.name ?? '' })),
    )
    this.surround(config)
    this.addOutputs(rotation, notifications)
    this.addReservationOutput(config)
    this.addExtraPrefixesOutput(config)
    this.node.addValidation({ validate: () => this.assertItFits() })
  }

  /** @throws DeployConfigFault, which reads as every other fault of the configuration; found when the app is synthesised. */
  private assertItFits(): [] {
    const fault = templateFault(this.resolve(this._toCloudFormation()))
    if (fault !== undefined) throw new DeployConfigFault([`m2m.${fault.join(' ')}`])
    return []
  }

  private addClient(client: ClientConfig, rotation: RotationFunction): M2mClient {
    // The one id that is not a literal: a client's immutable name.
    const declared = new M2mClient(this, `Client-${client.name}`, {
      registrar: this.registrar,
      ...declarationOf(client),
    })
    for (const reader of client.readers) declared.allow(reader)
    // Turning rotation on tries the function at once.
    declared.node.addDependency(rotation)
    return declared
  }

  private surround({ tags, permissionsBoundaryArn }: DeployConfig): void {
    for (const [key, value] of Object.entries(tags)) Tags.of(this).add(key, value)
    if (permissionsBoundaryArn === undefined) return
    const boundary = ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', permissionsBoundaryArn)
    PermissionsBoundary.of(this).apply(boundary)
  }

  private monitor({ monitoringKey: setting }: DeployConfig, names: StageNames, isKept: boolean): IKey | undefined {
    if (setting === undefined) return undefined
    // It stays after a failed deployment as well: log groups that it encrypts may.
    return monitoringKey(this, 'MonitoringKey', {
      names,
      setting,
      removalPolicy: isKept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
  }

  /** An output, since a remark would make every synth noisy; `cdk synth` prints it before anything is deployed. */
  private addReservationOutput({ reservations }: DeployConfig): void {
    const needed = neededQuota(reservations)
    new CfnOutput(this, 'ReservedConcurrency', {
      value: String(totalReserved(reservations)),
      description:
        needed === 0
          ? 'Concurrent executions that the functions reserve: none, so that any quota will do'
          : `Concurrent executions that the functions reserve: the account needs a quota of ${needed} at least, beside what others reserve`,
    })
  }

  /** For the same reason an output. */
  private addExtraPrefixesOutput({ extraPrefixes }: DeployConfig): void {
    if (extraPrefixes === undefined) return
    new CfnOutput(this, 'ExtraPrefixes', {
      value: extraPrefixes.join(' '),
      description:
        'Beside its own secrets, the functions of this stage may read and change EVERY secret below these prefixes, adopted or not, whose key and policy let them (docs/threat-model.md, "Extra prefixes")',
    })
  }

  private addOutputs(rotation: RotationFunction, notifications: Notifications): void {
    new CfnOutput(this, 'RotationFunctionArn', { value: rotation.arn })
    new CfnOutput(this, 'KeyArn', { value: this.registrar.key.key.keyArn })
    new CfnOutput(this, 'OperatorPolicyArn', { value: this.operators.policy.managedPolicyArn })
    new CfnOutput(this, 'EvidenceBucketName', { value: this.archive.bucket.bucketName })
    new CfnOutput(this, 'AlarmTopicArn', { value: notifications.topic.topicArn })
  }
}
