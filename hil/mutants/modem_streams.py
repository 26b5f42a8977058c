"""What a modem may say on its AT port, for the mutants."""

from __future__ import annotations

import random

from hil.emulators.serial.at_modem import LCP_ECHO, NOISE

LINES = (
    "RDY", "*ATREADY: 1", "+CFUN: 1", "OK", "ERROR", "AT+CPIN?", "AT+QLTS=2", "> ", "NO CARRIER",
    "+CPIN: READY", "+CME ERROR: 10", "+CME ERROR: SIM not inserted", "+CMS ERROR: 311",
    "+CREG: 1,3", "+CREG: 5", '+CREG:002,001,"18d8","ffff"', "+CREG: 2,1,  0 5, 2715",
    '+CGREG: 1,"1422","00000142",3,"00"', "+CEREG: 2,1, 1F00, 20 ,79D903 ,7",
    '+CEREG: 4,3,,,,0,15,"00000001","00001000"', '+C5GREG: 2,1,"00A0F1","00019C4B01",11',
    "+CSQ: 18,99", "+CESQ: 99,99,255,255,20,80", '+QCSQ: "eMTC",-52,-81,195,-10',
    "+CPSI: LTE NB-IOT,Online,242-01,0xA411,18460008,457,EUTRAN-BAND20,6352,0,0,-7,-77,-70,14",
    '+QENG: "servingcell","NOCONN","LTE","FDD",262,02,2A5C201,317,1300,3,5,5,D2F,-97,-10,-67,14,35',
    '^HCSQ:"LTE",30,19,66,0', '+COPS: 0,0,"T-Mobile",7', '+COPS: 0,0,"00540049004D",2',
    '+COPS: (1,"T-Mobile","TMO","31026",0),,(0,1,2,3,4),)', '*PSNWID: "222","01","TIM",0,"TIM",0',
    '+CCLK: "24/04/02,13:39:57+08"', "+CCLK: 17/07/26,11:42:15+01", "+CTZV: 128",
    '*PSUTTZ: 2024, 2, 14, 10, 30, 5, "+04", 1', '+QLTS: "2017/01/13,03:40:48+32,0"',
    "+CCID: 8939107800023416395F", "+SPIC: 3,10,0,10", '+QPINC: "SC",2,10', "867584031234565",
    "+CGNSSINFO: 2,05,00,00,6041.475467,N,02846.185792,E,080222,114731.0,35.1,0.0,,1.5,1.2,0.9",
    "+CGPSINFO: 4043.576433,N,07400.316980,W,110324,021430.0,17.5,0.0,0.0",
    "+CGNSINF: 1,1,20240408025226.000,31.2220,121.3542,44.2,3.6,90.0,1,,0.7,1.0,0.7,,16,6,,,42,,",
    "+QGPSLOC: 061951.0,3150.7223N,11711.9293E,0.7,62.2,2,0.00,0.0,0.0,110524,09",
    "+UULOC: 13/04/2024,09:54:51.000,45.6334520,13.0618620,49,1",
    '+CGPADDR: 1,"10.64.1.2"', '+CGCONTRDP: 1,5,"iot","10.1.2.3.255.255.255.0"', "+CGEV: NW DETACH",
    '+CEER: "SM signalling error","Missing or unknown APN"', "+CEER: 5,33", "+CMGS: 12",
    '+QIURC: "pdpdeact",1', "+APP PDP: 0,DEACTIVE", '+CMTI: "SM",3', '+QCFG: "nwscanmode",0',
)  # fmt: skip
MOST_LINES = 12
ENDS = (b"\r\n", b"\r\r\n", b"\n", b"\r")


def stream(rng: random.Random) -> bytes:
    """Return some lines, with noise and frames of PPP between them now and then."""
    end = rng.choice(ENDS)
    said = [end + rng.choice(LINES).encode() + end for _ in range(rng.randint(1, MOST_LINES))]
    if rng.random() < 0.3:  # noqa: PLR2004
        said.insert(rng.randrange(len(said)), rng.choice((LCP_ECHO, NOISE, LCP_ECHO * 3)))
    return b"".join(said)
