"""The bare words of GS1 CBV 2.0 that events may hold, and the units that fit a measurement."""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BIZ_STEPS = _words(
    "accepting arriving assembling collecting commissioning consigning creating_class_instance "
    "cycle_counting decommissioning departing destroying disassembling dispensing encoding "
    "entering_exiting holding inspecting installing killing loading other packing picking "
    "receiving removing repackaging repairing replacing reserving retail_selling sampling "
    "sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
    "unloading unpacking void_shipping"
)

DISPOSITIONS = _words(
    "active available completeness_inferred completeness_verified conformant container_closed "
    "container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit "
    "inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement "
    "no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved "
    "retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown"
)

TRANSACTIONS = _words(
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"
)

PARTIES = _words("location owning_party possessing_party")

ERROR_REASONS = _words("did_not_occur incorrect_data")

EXCEPTIONS = _words("ALARM_CONDITION ERROR_CONDITION")

COMPONENTS = _words(
    "altitude axial_distance azimuth easting elevation_angle height latitude longitude northing "
    "polar_angle spherical_radius x y z"
)

MEASUREMENTS = _words(
    "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance "
    "AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity "
    "Area Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent "
    "DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity "
    "ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance "
    "KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity "
    "MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate "
    "MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power "
    "Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity "
    "SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension Temperature Time Torque "
    "Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber"
)

UNITS: Mapping[str, frozenset[str]] = {
    name: _words(units)
    for name, units in {
        "AbsoluteHumidity": "A93 GP KMQ 23",
        "Acceleration": "MSK K40 A76 A73",
        "Altitude": "MTR KMT FOT CMT",
        "Angle": "DD C81 D61 D62",
        "Illuminance": "LUX KLX P25",
        "Length": "MTR KMT CMT MMT FOT INH SMI",
        "Mass": "KGM GRM MGM TNE LBR ONZ",
        "Pressure": "A97 PAL KPA HPA BAR MBR MPA ATM",
        "RelativeHumidity": "P1",
        "Speed": "KMH MTS HM KNT 2M",
        "Temperature": "CEL FAH KEL",
        "Time": "SEC MIN HUR DAY C26",
        "Voltage": "VLT 2Z KVT",
    }.items()
}
"""Of the measurements that occur here: their common codes of UN/ECE Recommendation 20."""
