"""The messages and parameters of LLRP 1.0.1 (§16, §17) and the extensions of Impinj, as tables.

Names are the standard's. A parameter numbered below 128 is sent in TV form: no length, no nesting.
"""

from __future__ import annotations

from drivers.rfid.llrp.layouts import Layout, table

IMPINJ = 25882  # IANA private enterprise number
CUSTOM = 1023  # message and parameter type of vendors' extensions
CUSTOM_HEAD = 8  # bytes of vendor and subtype in a custom parameter
LONGEST_TV = 127  # the highest number of a parameter in TV form

MESSAGES = table("""
  1 GET_READER_CAPABILITIES requested:u8 *
  2 GET_READER_CONFIG antenna:u16 requested:u8 gpi:u16 gpo:u16 *
  3 SET_READER_CONFIG reset:u1 p7 *
  4 CLOSE_CONNECTION_RESPONSE *
 11 GET_READER_CAPABILITIES_RESPONSE *
 12 GET_READER_CONFIG_RESPONSE *
 13 SET_READER_CONFIG_RESPONSE *
 14 CLOSE_CONNECTION
 20 ADD_ROSPEC *
 21 DELETE_ROSPEC id:u32
 22 START_ROSPEC id:u32
 23 STOP_ROSPEC id:u32
 24 ENABLE_ROSPEC id:u32
 25 DISABLE_ROSPEC id:u32
 26 GET_ROSPECS
 30 ADD_ROSPEC_RESPONSE *
 31 DELETE_ROSPEC_RESPONSE *
 32 START_ROSPEC_RESPONSE *
 33 STOP_ROSPEC_RESPONSE *
 34 ENABLE_ROSPEC_RESPONSE *
 35 DISABLE_ROSPEC_RESPONSE *
 36 GET_ROSPECS_RESPONSE *
 40 ADD_ACCESSSPEC *
 41 DELETE_ACCESSSPEC id:u32
 42 ENABLE_ACCESSSPEC id:u32
 43 DISABLE_ACCESSSPEC id:u32
 44 GET_ACCESSSPECS
 45 CLIENT_REQUEST_OP *
 50 ADD_ACCESSSPEC_RESPONSE *
 51 DELETE_ACCESSSPEC_RESPONSE *
 52 ENABLE_ACCESSSPEC_RESPONSE *
 53 DISABLE_ACCESSSPEC_RESPONSE *
 54 GET_ACCESSSPECS_RESPONSE *
 55 CLIENT_REQUEST_OP_RESPONSE *
 60 GET_REPORT
 61 RO_ACCESS_REPORT *
 62 KEEPALIVE
 63 READER_EVENT_NOTIFICATION *
 64 ENABLE_EVENTS_AND_REPORTS
 72 KEEPALIVE_ACK
100 ERROR_MESSAGE *
1023 CUSTOM_MESSAGE vendor:u32 subtype:u8 data:rest
""")

PARAMETERS = table("""
  1 AntennaID id:u16
  2 FirstSeenTimestampUTC microseconds:u64
  3 FirstSeenTimestampUptime microseconds:u64
  4 LastSeenTimestampUTC microseconds:u64
  5 LastSeenTimestampUptime microseconds:u64
  6 PeakRSSI dbm:s8
  7 ChannelIndex index:u16
  8 TagSeenCount count:u16
  9 ROSpecID id:u32
 10 InventoryParameterSpecID id:u16
 11 C1G2CRC crc:u16
 12 C1G2PC pc:u16
 13 EPC-96 epc:raw96
 14 SpecIndex index:u16
 15 ClientRequestOpSpecResult id:u16
 16 AccessSpecID id:u32
 17 OpSpecID id:u16
 18 C1G2SingulationDetails collisions:u16 empty:u16
 19 C1G2XPCW1 xpc:u16
 20 C1G2XPCW2 xpc:u16
128 UTCTimestamp microseconds:u64
129 Uptime microseconds:u64
137 GeneralDeviceCapabilities antennas:u16 sets_properties:u1 has_utc:u1 p14 vendor:u32 \
    model:u32 firmware:utf8 *
139 ReceiveSensitivityTableEntry index:u16 db:s16
140 PerAntennaAirProtocol antenna:u16 protocols:bytes
141 GPIOCapabilities inputs:u16 outputs:u16
142 LLRPCapabilities survey:u1 fill_warning:u1 client_ops:u1 state_aware:u1 holding:u1 p3 \
    priorities:u8 client_op_timeout:u16 rospecs:u32 specs:u32 inventories:u32 accessspecs:u32 \
    opspecs:u32
143 RegulatoryCapabilities country:u16 standard:u16 *
144 UHFBandCapabilities *
145 TransmitPowerLevelTableEntry index:u16 centi_dbm:s16
146 FrequencyInformation hopping:u1 p7 *
147 FrequencyHopTable id:u8 p8 khz:u32s
148 FixedFrequencyTable khz:u32s
149 PerAntennaReceiveSensitivityRange antenna:u16 lowest:u16 highest:u16
177 ROSpec id:u32 priority:u8 state:u8 *
178 ROBoundarySpec *
179 ROSpecStartTrigger type:u8 *
180 PeriodicTriggerValue offset:u32 period:u32 *
181 GPITriggerValue port:u16 event:u1 p7 timeout:u32
182 ROSpecStopTrigger type:u8 duration:u32 *
183 AISpec antennas:u16s *
184 AISpecStopTrigger type:u8 duration:u32 *
185 TagObservationTrigger type:u8 p8 tags:u16 attempts:u16 quiet:u16 timeout:u32
186 InventoryParameterSpec id:u16 protocol:u8 *
187 RFSurveySpec antenna:u16 start:u32 end:u32 *
188 RFSurveySpecStopTrigger type:u8 duration:u32 count:u32
207 AccessSpec id:u32 antenna:u16 protocol:u8 state:u1 p7 rospec:u32 *
208 AccessSpecStopTrigger type:u8 count:u16
209 AccessCommand *
210 ClientRequestOpSpec id:u16
211 ClientRequestResponse accessspec:u32 *
217 LLRPConfigurationStateValue value:u32
218 Identification type:u8 id:bytes
219 GPOWriteData port:u16 level:u1 p7
220 KeepaliveSpec type:u8 milliseconds:u32
221 AntennaProperties connected:u1 p7 antenna:u16 gain:s16
222 AntennaConfiguration antenna:u16 *
223 RFReceiver sensitivity:u16
224 RFTransmitter hop_table:u16 channel:u16 power:u16
225 GPIPortCurrentState port:u16 enabled:u1 p7 state:u8
226 EventsAndReports hold:u1 p7
237 ROReportSpec trigger:u8 n:u16 *
238 TagReportContentSelector rospec:u1 spec:u1 inventory:u1 antenna:u1 channel:u1 rssi:u1 \
    first_seen:u1 last_seen:u1 count:u1 accessspec:u1 p6 *
239 AccessReportSpec trigger:u8
240 TagReportData *
241 EPCData epc:bits
242 RFSurveyReportData *
243 FrequencyRSSILevelEntry khz:u32 bandwidth:u32 average:s8 peak:s8 *
244 ReaderEventNotificationSpec *
245 EventNotificationState type:u16 enabled:u1 p7
246 ReaderEventNotificationData *
247 HoppingEvent hop_table:u16 channel:u16
248 GPIEvent port:u16 level:u1 p7
249 ROSpecEvent type:u8 rospec:u32 preempting:u32
250 ReportBufferLevelWarningEvent percent:u8
251 ReportBufferOverflowErrorEvent
252 ReaderExceptionEvent message:utf8 *
253 RFSurveyEvent type:u8 rospec:u32 spec:u16
254 AISpecEvent type:u8 rospec:u32 spec:u16 *
255 AntennaEvent type:u8 antenna:u16
256 ConnectionAttemptEvent status:u16
257 ConnectionCloseEvent
287 LLRPStatus code:u16 description:utf8 *
288 FieldError field:u16 code:u16
289 ParameterError type:u16 code:u16 *
327 C1G2LLRPCapabilities block_erase:u1 block_write:u1 block_permalock:u1 recommissioning:u1 \
    umi2:u1 xpc:u1 p2 filters:u16
328 C1G2UHFRFModeTable *
329 C1G2UHFRFModeTableEntry id:u32 divide_ratio:u1 conformant:u1 p6 miller:u8 forward:u8 \
    spectral_mask:u8 backscatter:u32 pie:u32 shortest_tari:u32 longest_tari:u32 tari_step:u32
330 C1G2InventoryCommand state_aware:u1 p7 *
331 C1G2Filter truncate:u2 p6 *
332 C1G2TagInventoryMask bank:u2 p6 pointer:u16 mask:bits
333 C1G2TagInventoryStateAwareFilterAction target:u8 action:u8
334 C1G2TagInventoryStateUnawareFilterAction action:u8
335 C1G2RFControl mode:u16 tari:u16
336 C1G2SingulationControl session:u2 p6 population:u16 transit:u32 *
337 C1G2TagInventoryStateAwareSingulationAction inventoried:u1 selected:u1 p6
338 C1G2TagSpec *
339 C1G2TargetTag bank:u2 match:u1 p5 pointer:u16 mask:bits data:bits
341 C1G2Read id:u16 password:u32 bank:u2 p6 pointer:u16 words:u16
342 C1G2Write id:u16 password:u32 bank:u2 p6 pointer:u16 data:u16s
343 C1G2Kill id:u16 password:u32
344 C1G2Lock id:u16 password:u32 *
345 C1G2LockPayload privilege:u8 field:u8
346 C1G2BlockErase id:u16 password:u32 bank:u2 p6 pointer:u16 words:u16
347 C1G2BlockWrite id:u16 password:u32 bank:u2 p6 pointer:u16 data:u16s
348 C1G2EPCMemorySelector crc:u1 pc:u1 p6
349 C1G2ReadOpSpecResult result:u8 id:u16 data:u16s
350 C1G2WriteOpSpecResult result:u8 id:u16 words:u16
351 C1G2KillOpSpecResult result:u8 id:u16
352 C1G2LockOpSpecResult result:u8 id:u16
353 C1G2BlockEraseOpSpecResult result:u8 id:u16
354 C1G2BlockWriteOpSpecResult result:u8 id:u16 words:u16
1023 Custom vendor:u32 subtype:u32 data:rest
""")

# Impinj's LLRP extensions, by subtype; those that fixed readers of the Speedway class have.
IMPINJ_PARAMETERS = table("""
  21 ImpinjRequestedData requested:u32 *
  22 ImpinjSubRegulatoryRegion region:u16 *
  23 ImpinjInventorySearchMode mode:u16 *
  26 ImpinjFixedFrequencyList mode:u16 p16 channels:u16s *
  27 ImpinjReducedPowerFrequencyList mode:u16 p16 channels:u16s *
  28 ImpinjLowDutyCycle mode:u16 empty_field:u16 ping_interval:u16 *
  29 ImpinjDetailedVersion model:utf8 serial:utf8 software:utf8 firmware:utf8 fpga:utf8 pcba:utf8 *
  30 ImpinjFrequencyCapabilities khz:u32s *
  36 ImpinjGPIDebounceConfiguration port:u16 milliseconds:u32 *
  37 ImpinjReaderTemperature celsius:s16 *
  38 ImpinjLinkMonitorConfiguration mode:u16 threshold:u16 *
  39 ImpinjReportBufferConfiguration mode:u16 *
  40 ImpinjAccessSpecConfiguration *
  41 ImpinjBlockWriteWordCount words:u16 *
  50 ImpinjTagReportContentSelector *
  51 ImpinjEnableSerializedTID mode:u16 *
  52 ImpinjEnableRFPhaseAngle mode:u16 *
  53 ImpinjEnablePeakRSSI mode:u16 *
  54 ImpinjEnableGPSCoordinates mode:u16 *
  55 ImpinjSerializedTID tid:u16s *
  56 ImpinjRFPhaseAngle angle:u16 *
  57 ImpinjPeakRSSI centi_dbm:s16 *
  58 ImpinjGPSCoordinates latitude:s32 longitude:s32 *
  63 ImpinjOpSpecRetryCount retries:u16 *
  65 ImpinjEnableOptimizedRead mode:u16 *
  67 ImpinjEnableRFDopplerFrequency mode:u16 *
  68 ImpinjRFDopplerFrequency hertz_16ths:s16 *
1520 ImpinjArrayVersion serial:utf8 firmware:utf8 pcba:utf8 *
1537 ImpinjHubVersions *
1538 ImpinjHubConfiguration hub:u16 connected:u16 fault:u16 *
""")

MESSAGE_BY_NUMBER: dict[int, Layout] = {layout.number: layout for layout in MESSAGES}
MESSAGE_BY_NAME = {layout.name: layout for layout in MESSAGES}
PARAMETER_BY_NUMBER = {layout.number: layout for layout in PARAMETERS}
IMPINJ_BY_NUMBER = {layout.number: layout for layout in IMPINJ_PARAMETERS}
BY_NAME = {layout.name: layout for layout in (*PARAMETERS, *IMPINJ_PARAMETERS)}
