"""Enumeration: the sum over all states of a lattice model, one by one."""

from statmech.methods.enumeration.method import Enumerated, Enumeration, enumerate_ground_states, joint_levels

__all__ = ["Enumerated", "Enumeration", "enumerate_ground_states", "joint_levels"]
